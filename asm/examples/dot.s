; A dot product of two pairs in 7 SIWs of one operation each: r6 = 2 * 3 + 4 * 5 = 26
; (vtpu run --registers shows it).
.dlen 64
  { DMOV r0, 2 }
  { DMOV r1, 3 }
  { DMOV r2, 4 }
  { DMOV r3, 5 }
  { DMUL r4, r0, r1 }
  { DMUL r5, r2, r3 }
  { DADD r6, r4, r5 }
