; A dirty victim of the last tier takes a slot of DDR, like a line that is read (section 4). There is
; no L2, and the L1 has a single line.
;machine l1_bytes=64 l1_ways=1 l2_bytes=0 ddr_bandwidth=0
;machine l1_bytes=64 l1_ways=1 l2_bytes=0 ddr_bandwidth=512
;machine l1_bytes=64 l1_ways=1 l2_bytes=0 ddr_bandwidth=256
;machine l1_bytes=64 l1_ways=1 l2_bytes=0
.dlen 64
.region own, private, core=0, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
c:    { SSCATTR [1.0.0/0.0.0/0.0.0/0.0], r3, 8 | CFENCE.core }
;  Line 0 is read, then line 1 written back, then line 2 read.
g:    { SGATHER r4, [0.0.0/0.0.0/0.0.0/0.0], 8 }                 ;= c + ptc_miss + ddr_latency  fence
h:    { SGATHER r5, [2.0.0/0.0.0/0.0.0/0.0], 8 }
      { DADD r6, r4, r4 }   ;= g + ptc_hit + ddr_latency  ddr
      { DADD r7, r5, r5 }   ;= g + ptc_hit + max(256, 2 * ddr_slot) / 256 + ddr_latency  ddr
;count ddr_reads = 3
;count ddr_writes = 1
