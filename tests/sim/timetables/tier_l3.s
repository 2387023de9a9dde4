; An L3 hit is ready l3_latency after its arrival: of rom, and of shared data, which live there
; (section 4).
;machine
;machine l3_latency=1
;machine l3_latency=2
;machine l3_latency=3
;machine l3_latency=50
.dlen 64
.region page, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
.region common, shared, lo=0.4.0/0.0.0/0.0.0/0.0, pages=1
      { SGATHER r1, [1.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }
pf:   { SPREFCH.l3 [0.0.0/0.0.0/0.0.0/0.0] | CFENCE.core }     ;= t + ptc_miss + ddr_latency  fence
g:    { SGATHER r2, [0.0.0/0.0.0/0.0.0/0.0], 8 }     ;= pf + ptc_hit + ddr_latency  fence
      { DADD r9, r8, r8 }
      { DADD r3, r2, r2 }            ;= max(t + 1, g + ptc_hit + l3_latency)  l3
c:    { SGATHER r1, [0.4.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }
h:    { SGATHER r1, [0.4.0/0.0.0/0.0.0/0.0], 8 }     ;= c + ptc_miss + ddr_latency  fence
      { DADD r9, r8, r8 }
      { DADD r3, r1, r1 }            ;= max(t + 1, h + ptc_hit + l3_latency)  l3
;count l3_hits = 2
;count l2_hits = 0
;count l1_hits = 0
;count ddr_reads = 3
