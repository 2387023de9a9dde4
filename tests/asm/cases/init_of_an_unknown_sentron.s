.sentron alice, id=0
  { DNOP }
.init alcie.r0 = 1
