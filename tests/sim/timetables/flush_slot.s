; The flush of a dirty line takes a slot of DDR, which the next read finds taken (section 4).
;machine ddr_bandwidth=0
;machine ddr_bandwidth=256
;machine ddr_bandwidth=128
;machine
.dlen 64
.region own, private, core=0, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
w:    { SSCATTR [0.0.0/0.0.0/0.0.0/0.0], r1, 8 | CFENCE.core }
f:    { SFLUSH [0.0.0/0.0.0/0.0.0/0.0] }               ;= w + ptc_miss + ddr_latency  fence
g:    { SGATHER r2, [1.0.0/0.0.0/0.0.0/0.0], 8 }
      { DADD r3, r2, r2 }   ;= max(g + ptc_hit, f + ptc_hit + ddr_slot / 256) + ddr_latency  ddr
      { DMUL r1, r3, r3 }
      { DADD r4, r3, r3 }
      { DADD r4, r1, r1 }   ;= t - 1 + latency_mul  d_result
      { DADD r4, r1, r1 }   ;= t + 1  d_result
;count ddr_writes = 1
;count ddr_reads = 2
