{ CSTEP p0, d11, 1 }
