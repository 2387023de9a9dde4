{ DCMP.f32 r0, r1, r2 }
