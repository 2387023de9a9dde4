.dlen 64
{ DTDOT r0, r1, r2[0], r0 }
