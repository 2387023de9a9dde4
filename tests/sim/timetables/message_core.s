; A message inside a core arrives net_core cycles after its sending, and CRECV waits for it;
; what is received is in its register latency_recv later (section 5).
;machine
;machine net_core=2
;machine net_core=3
;machine net_core=9 latency_recv=3
.dlen 64
.sentron a, id=0
s:    { CSEND m0, 8 }
.sentron b, id=8
      { DADD r1, r2, r2 }
      { DADD r1, r2, r2 }
r:    { CRECV r3, 0 }           ;= max(t + 1, s + net_core)  message
      { DADD r4, r3, r3 }       ;= r + latency_recv  c_result
;count sent = 1
;count received = 1
