{ DCVT.f32 r0, r1 }
