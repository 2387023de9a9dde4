; Two faults in one SIW: the S slot's is reported.
.dlen 512
.sentron n0s0, id=0, start
  { - | SSCATTR [p4], r0, 64 | CSTEP p1, d0, -1 }
.end
