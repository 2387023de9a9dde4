{ CSTEP p0, linear, 1 | DADD r0, r1, r2 | CBAR 0 }
