; The victim of a set is the line that was used longest ago, not the one that came first (section 4).
; The L1 is one set of two ways.
;machine l1_bytes=128 l1_ways=2 l2_latency=2
;machine l1_bytes=128 l1_ways=2 l2_latency=3
;machine l1_bytes=128 l1_ways=2 l1_latency=3
.dlen 64
.region page, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
w:    { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }
x:    { SGATHER r1, [1.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }   ;= w + ptc_miss + ddr_latency  fence
y:    { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }   ;= x + ptc_hit + ddr_latency  fence
; Takes the place of the second.
z:    { SGATHER r1, [2.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }   ;= y + ptc_hit + l1_latency  fence
g:    { SGATHER r2, [0.0.0/0.0.0/0.0.0/0.0], 8 }                 ;= z + ptc_hit + ddr_latency  fence
      { DADD r9, r9, r9 }
      { DADD r3, r2, r2 }                          ;= max(t + 1, g + ptc_hit + l1_latency)  l1
h:    { SGATHER r2, [1.0.0/0.0.0/0.0.0/0.0], 8 }
      { DADD r9, r9, r9 }
      { DADD r3, r2, r2 }                          ;= max(t + 1, h + ptc_hit + l2_latency)  l2
;count l1_hits = 2
;count l2_hits = 1
