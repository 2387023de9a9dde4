; Each ordered pair of sentrons has a FIFO of 8: the 9th message waits for the credit of the first,
; which comes back l3_latency after that was received (section 5); here inside a node.
;machine l3_latency=1 branch=6
;machine l3_latency=1 branch=7
;machine l3_latency=3 branch=6
;machine queue_depth=9 branch=30
;machine
.dlen 64
.init b.r1 = 1
.sentron a, id=0
s1:   { CSEND m0, 1 }
      { CSEND m0, 1 }
      { CSEND m0, 1 }
      { CSEND m0, 1 }
      { CSEND m0, 1 }
      { CSEND m0, 1 }
      { CSEND m0, 1 }
      { CSEND m0, 1 }
s9:   { CSEND m0, 1 }           ;= max(t + 1, (9 - queue_depth) * (r1 + l3_latency))  credit
.sentron b, id=1
      { DBR r1[0], r1 }
r1:   { CRECV r2, 0 }           ;= max(t + 1 + branch, s1 + l3_latency)  branch=branch message
      { CRECV r3, 0 }
      { CRECV r4, 0 }
      { CRECV r5, 0 }
      { CRECV r6, 0 }
      { CRECV r7, 0 }
      { CRECV r8, 0 }
      { CRECV r9, 0 }
r9:   { CRECV r10, 0 }          ;= max(t + 1, s9 + l3_latency)  message
