; A scatter of a whole line allocates without fetch, a partial one fetches (section 4).
;machine
;machine l1_latency=2
;machine l1_latency=3
.region own, private, core=0, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
w:    { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 64 | CFENCE.core }
s:    { SSCATTR [1.0.0/0.0.0/0.0.0/0.0], r1, 64 }                ;= w + ptc_miss + ddr_latency  fence
      { CFENCE.core }
p:    { SSCATTR [2.0.0/0.0.0/0.0.0/0.0], r1, 63 | CFENCE.core }  ;= max(t + 1, s + ptc_hit + l1_latency)  fence
h:    { SSCATTR [1.0.0/0.0.0/0.0.0/0.0], r1, 64 }                ;= p + ptc_hit + ddr_latency  fence
      { CFENCE.core }
      { DADD r3, r2, r2 }   ;= max(t + 1, h + ptc_hit + l1_latency)  fence
;count ddr_reads = 2
;count ddr_writes = 0
;count l1_hits = 2
