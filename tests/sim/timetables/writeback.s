; A dirty victim goes to the next tier at the arrival of what displaces it, without fetch, and costs
; one slot of the receiver: of L2 here, whose port the next L2 hit then finds taken (section 4). The
; L1 has a single line.
;machine l1_bytes=64 l1_ways=1 l2_interval=0
;machine l1_bytes=64 l1_ways=1 l2_interval=1
;machine l1_bytes=64 l1_ways=1 l2_interval=2
;machine l1_bytes=64 l1_ways=1 l2_interval=3
.dlen 64
.region own, private, core=0, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
a:    { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }
b:    { SGATHER r2, [1.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }   ;= a + ptc_miss + ddr_latency  fence
c:    { SSCATTR [1.0.0/0.0.0/0.0.0/0.0], r3, 8 | CFENCE.core }   ;= b + ptc_hit + ddr_latency  fence
;  The gather is an L2 hit, whose slot comes first; then that of the victim, line 1.
g:    { SGATHER r4, [0.0.0/0.0.0/0.0.0/0.0], 8 }                 ;= c + ptc_hit + l1_latency  fence
h:    { SGATHER r5, [1.0.0/0.0.0/0.0.0/0.0], 8 }
      { DADD r6, r4, r4 }   ;= g + ptc_hit + l2_latency  l2
;  Two slots at g's arrival, one cycle before h's.
      { DADD r7, r5, r5 }   ;= max(t + 1, max(h + ptc_hit, g + ptc_hit + 2 * l2_interval) + l2_latency)  l2
;count l2_writebacks = 1
;count l2_hits = 2
;count l1_hits = 1
;count ddr_reads = 2
;count ddr_writes = 0
