{ DADD r0, r1, r2
{ DADD r1, r1, r2 }
