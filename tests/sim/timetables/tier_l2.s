; An L2 hit is ready l2_latency after its arrival, the whole way (section 4).
;machine
;machine l2_latency=1
;machine l2_latency=2
;machine l2_latency=3
;machine l2_latency=14 l1_latency=4
.dlen 64
.region page, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
      { SGATHER r1, [1.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }
pf:   { SPREFCH.l2 [0.0.0/0.0.0/0.0.0/0.0] | CFENCE.core }     ;= t + ptc_miss + ddr_latency  fence
g:    { SGATHER r2, [0.0.0/0.0.0/0.0.0/0.0], 8 }     ;= pf + ptc_hit + ddr_latency  fence
      { DADD r9, r8, r8 }
      { DADD r3, r2, r2 }            ;= max(t + 1, g + ptc_hit + l2_latency)  l2
;count l2_hits = 1
;count l1_hits = 0
;count ddr_reads = 2
