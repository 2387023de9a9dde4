; CFANOUT sends to all other members and needs all of their credits; CMERGE waits for one message
; of each (section 5).
;machine cports=2 queue_depth=1 l3_latency=5
;machine cports=2 queue_depth=1 l3_latency=5 latency_mul=3
;machine cports=2 queue_depth=1 l3_latency=5 latency_mul=4
;machine cports=2 queue_depth=2
.dlen 64
.group 0, 0, 1, 8
.sentron a, id=0
f1:   { CFANOUT m0, 0 }
f2:   { CFANOUT m0, 0 }         ;= max(t + 1, (2 - queue_depth) * (max(r1 + l3_latency, q1 + net_core)))  credit
      { CMERGE.i64.sum r5, 0 }  ;= max(t + 1, max(s + l3_latency, q + net_core))  message
.sentron b, id=1
      { DMUL r1, r2, r2 }
s:    { CSEND m0, 0 }
      { DADD r1, r1, r1 }       ;= s - 1 + max(2, latency_mul)  d_result
r1:   { CRECV r3, 0 }           ;= max(t + 1, f1 + l3_latency)  message
r2:   { CRECV r4, 0 }           ;= max(t + 1, f2 + l3_latency)  message
.sentron c, id=8
q:    { CSEND m0, 0 }           ;= spawn + 2 - cports
q1:   { CRECV r3, 0 }           ;= max(t + 1, f1 + net_core)  message
      { CRECV r4, 0 }           ;= max(t + 1, f2 + net_core)  message
