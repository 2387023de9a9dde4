; A sentron can issue `spawn` cycles after its phase or a CSPAWN began it (one after if there is no
; such cost), and is not charged for that (section 1; sim/README 5).
;machine
;machine spawn=0
;machine spawn=1
;machine spawn=2
;machine spawn=3
.dlen 64
.sentron a, id=0
s:    { CSPAWN 1, child }
      { }
      { }
w:    { CRECV r1, 1 }       ;= max(t + 1, child + l3_latency)  message
w2:   { CSPAWN 8, other }
      { }
      { CRECV r1, 8 }       ;= max(t + 1, other + net_core)  message
.sentron b, id=1, dormant
child: { CSEND m0, 0 }      ;= s + max(1, spawn)
.sentron c, id=8, dormant
other: { CSEND m0, 0 }      ;= w2 + max(1, spawn)
;count sent = 2
