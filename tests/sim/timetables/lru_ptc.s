; So is the victim of the PTC, here one set of two entries (section 4).
;machine ptc_entries=2 ptc_ways=2
;machine ptc_entries=2 ptc_ways=2 l1_latency=2
;machine ptc_entries=2 ptc_ways=2 l1_latency=3
.dlen 64
.region page, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=3
w:    { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }
x:    { SGATHER r1, [4.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }   ;= w + ptc_miss + ddr_latency  fence
y:    { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }   ;= x + ptc_miss + ddr_latency  fence
z:    { SGATHER r1, [8.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }   ;= y + ptc_hit + l1_latency  fence
g:    { SGATHER r2, [0.0.0/0.0.0/0.0.0/0.0], 8 }                 ;= z + ptc_miss + ddr_latency  fence
      { DADD r9, r9, r9 }
      { DADD r3, r2, r2 }                          ;= max(t + 1, g + ptc_hit + l1_latency)  l1
h:    { SGATHER r2, [4.0.0/0.0.0/0.0.0/0.0], 8 }
      { DADD r3, r2, r2 }                          ;= h + ptc_miss + l1_latency  ptc=ptc_miss - 1 l1
;count ptc_misses = 4
;count ptc_hits = 2
