; L1 passes a line every l1_interval cycles: the next access waits for its port, and only the
; supplying tier's port is charged (section 4).
;machine l1_interval=0
;machine
;machine l1_interval=2
;machine l1_interval=5 l1_latency=3
.dlen 64
.region page, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
      { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }
p1:   { SPREFCH.l1 [1.0.0/0.0.0/0.0.0/0.0] | CFENCE.core }   ;= t + ptc_miss + ddr_latency  fence
p2:   { SPREFCH.l1 [2.0.0/0.0.0/0.0.0/0.0] | CFENCE.core }   ;= t + ptc_hit + ddr_latency  fence
p3:   { SPREFCH.l1 [3.0.0/0.0.0/0.0.0/0.0] | CFENCE.core }   ;= t + ptc_hit + ddr_latency  fence
g1:   { SGATHER r1, [1.0.0/0.0.0/0.0.0/0.0], 8 }     ;= p3 + ptc_hit + ddr_latency  fence
g2:   { SGATHER r2, [2.0.0/0.0.0/0.0.0/0.0], 8 }
g3:   { SGATHER r3, [3.0.0/0.0.0/0.0.0/0.0], 8 }
u1:   { DADD r4, r1, r1 }   ;= max(t + 1, g1 + ptc_hit + l1_latency)  l1
u2:   { DADD r4, r2, r2 }   ;= max(t + 1, g1 + ptc_hit + l1_latency + max(1, l1_interval))  l1
u3:   { DADD r4, r3, r3 }   ;= max(t + 1, g1 + ptc_hit + l1_latency + max(2, 2 * l1_interval))  l1
;count l1_hits = 3
