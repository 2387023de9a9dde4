.dlen 128
{ DADD.f32 r0, r1, r2[4] }
