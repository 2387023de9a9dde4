; What no tier holds is ready ddr_latency after its arrival; of private data too (section 4).
;machine
;machine ddr_latency=1 ddr_bandwidth=0
;machine ddr_latency=2 ddr_bandwidth=0
;machine ddr_latency=320
.dlen 64
.region own, private, core=0, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
w:    { SGATHER r1, [1.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }
g:    { SGATHER r2, [0.0.0/0.0.0/0.0.0/0.0], 8 }     ;= w + ptc_miss + ddr_latency  fence
      { DADD r9, r8, r8 }
      { DADD r3, r2, r2 }            ;= max(t + 1, g + ptc_hit + ddr_latency)  ddr
;count ddr_hits = 2
;count ddr_reads = 2
