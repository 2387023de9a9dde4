loop:
  { DADD r0, r0, r1 }
  { DBR r0[0], lop }
