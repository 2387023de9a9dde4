; Rom goes through the half of L3 that the core belongs to: the second core of a half finds the
; first one's line in flight and merges, a core of the other half reads DDR again (section 4).
;machine
;machine l3_cores=8
;machine ddr_latency=1 l1_latency=4 ddr_bandwidth=0
;machine ddr_latency=4 l1_latency=4 ddr_bandwidth=0
.dlen 64
.region page, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
.sentron a, id=0
      { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 }
      { DADD r2, r1, r1 }     ;= t + ptc_miss + ddr_latency  ptc=ptc_miss - 1 ddr
.sentron b, id=1
g:    { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 }
;  A merge, unless the line needs no time: ready with the line, but not before an L1 hit would be.
      { DADD r2, r1, r1 }     ;= g + ptc_miss + max(ddr_latency, l1_latency)  ptc=ptc_miss - 1 ddr
.sentron c, id=5
h:    { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 }
;  With halves of eight cores it is the third of one half.
      { DADD r2, r1, r1 }     ;= h + ptc_miss + max(ddr_latency + (2 - l3_cores / 4) * (ddr_slot / 256), (l3_cores / 4 - 1) * l1_latency)  ptc=ptc_miss - 1 ddr
;count ddr_reads = 3 - l3_cores / 4
;count l3_merges = l3_cores / 4
.sentron d, id=2
m:    { DMUL r1, r2, r2 }
      { DADD r3, r2, r2 }
      { DADD r4, r1, r1 }     ;= m + latency_mul  d_result
      { DADD r5, r1, r1 }     ;= t + 1  d_result
;end t + latency_add
