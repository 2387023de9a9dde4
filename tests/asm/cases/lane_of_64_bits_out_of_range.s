.dlen 128
{ DADD.i64 r0, r1, r2[2] }
