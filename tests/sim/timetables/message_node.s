; A message inside a node arrives l3_latency cycles after its sending, and CRECV waits for it;
; what is received is in its register latency_recv later (section 5).
;machine
;machine l3_latency=2
;machine l3_latency=3
;machine l3_latency=40 latency_recv=2
.dlen 64
.sentron a, id=0
s:    { CSEND m0, 1 }
.sentron b, id=1
      { DADD r1, r2, r2 }
      { DADD r1, r2, r2 }
r:    { CRECV r3, 0 }           ;= max(t + 1, s + l3_latency)  message
      { DADD r4, r3, r3 }       ;= r + latency_recv  c_result
;count sent = 1
;count received = 1
