{ DADD r3, r1, r2 | SGATHER r3, [p0], 8 }
