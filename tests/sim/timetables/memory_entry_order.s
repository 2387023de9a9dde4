; Entries come free in any order: one that its operation has left is taken at once, one that is in
; use is not (section 5, test 4).
;machine memory_entries=2 ddr_latency=4 ddr_bandwidth=0
;machine memory_entries=2 ddr_latency=5 ddr_bandwidth=0
;machine memory_entries=2 ddr_bandwidth=0
;machine memory_entries=3 ddr_bandwidth=0
.dlen 64
.region own, private, core=0, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
w:    { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }
w2:   { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }   ;= t + ptc_miss + ddr_latency  fence
; The first is slow, the second quick, the third takes the entry of the second.
a:    { SGATHER r2, [1.0.0/0.0.0/0.0.0/0.0], 8 }                 ;= w2 + ptc_hit + l1_latency  fence
b:    { SGATHER r3, [0.0.0/0.0.0/0.0.0/0.0], 8 }
      { DADD r9, r9, r9 }
c:    { SGATHER r4, [2.0.0/0.0.0/0.0.0/0.0], 8 }
; The fourth waits for the first, the fifth for the third.
      { DADD r9, r9, r9 }
d:    { SGATHER r5, [3.0.0/0.0.0/0.0.0/0.0], 8 }                 ;= max(t + 1, (3 - memory_entries) * (a + ptc_hit + ddr_latency))  memory_entry
e:    { SGATHER r6, [0.1.0/0.0.0/0.0.0/0.0], 8 }                 ;= max(t + 1, (c - a) * (3 - memory_entries) + a + ptc_hit + ddr_latency)  memory_entry
      { DADD r7, r6, r6 }                                        ;= e + ptc_hit + ddr_latency  ddr
;count ddr_reads = 5
