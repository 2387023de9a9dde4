{ DADD r16, r1, r2 }
