.dlen 64
{ SGATHER r0, [p0], 8, at 1 }
