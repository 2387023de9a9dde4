; A sentron's cycles run to the completion of its last operation; what lies behind its last issue is
; drain (sections 5 and 6).
;machine latency_mul=2 ddr_latency=1 latency_f32=1
;machine latency_mul=3 latency_f32=2
;machine
.dlen 64
.region page, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
.sentron a, id=0
m:    { DMUL r1, r2, r2 }
      { DADD r3, r2, r2 }
;end max(t + 1, m + latency_mul)
.sentron b, id=1
      { DADD.f32 r1, r2, r2 }
;end t + latency_f32
.sentron c, id=2
      { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 }
;end t + ptc_miss + ddr_latency
.sentron d, id=3
d:    { SPREFCH.l1 [0.0.0/0.0.0/0.0.0/0.0] }
      { CHALT }
;end max(t + 1, d + ptc_miss)
.sentron e, id=4
      { CBAR 5 }
;end t + net_core
.sentron f, id=5
      { }
      { }
      { CSTEP p1, d0, 1 }
      { CSEND m0, 4 }
.sentron g, id=6
      { DMUL r1, r2, r2 }
      { DADD r3, r1, r1 }   ;= t + latency_mul  d_result
      { DMUL r1, r2, r2 }
      { }
      { }
      { DADD r3, r1, r1 }   ;= max(t + 1, t - 2 + latency_mul)  d_result
.group 5, 4
