{ DADD.bf16 r0, r1, r2 }
