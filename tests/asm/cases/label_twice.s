a: { DADD r0, r0, r1 }
b: { DADD r1, r0, r1 }
a: { DADD r2, r0, r1 }
