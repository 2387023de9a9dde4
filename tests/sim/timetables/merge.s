; An access to a line in flight adds no request and takes no port: it is ready at max(line ready,
; arrival + L1 latency), charged to the tier that supplies the line (section 4).
;machine
;machine ddr_latency=2 ddr_bandwidth=0
;machine ddr_latency=3 ddr_bandwidth=0
;machine ddr_latency=4 ddr_bandwidth=0
;machine l1_latency=4 ddr_latency=5 ddr_bandwidth=0
;machine l1_latency=4 ddr_latency=4 ddr_bandwidth=0
.dlen 64
.region page, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
w:    { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }
g:    { SGATHER r2, [1.0.0/0.0.0/0.0.0/0.0], 8 }     ;= w + ptc_miss + ddr_latency  fence
;  With ddr_latency 2 the line is there when the third comes: an L1 hit; else it merges.
m:    { SGATHER r3, [1.0.0/0.0.0/0.0.0/0.0], 8 }
n:    { SGATHER r4, [1.0.0/0.0.0/0.0.0/0.0], 8 }
      { DADD r5, r3, r3 }   ;= max(t + 1, max(g + ddr_latency, m + l1_latency) + ptc_hit)  ddr
      { DADD r5, r4, r4 }   ;= max(t + 1, max(g + ddr_latency, n + l1_latency) + ptc_hit)  ddr
;count ddr_reads = 2
;count l1_merges = 1 + min(1, max(0, ddr_latency - 2))
;count l1_hits = 1 - min(1, max(0, ddr_latency - 2))
