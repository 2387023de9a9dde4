; CFENCE holds the next SIW until this sentron's memory operations are complete, not those of
; another, and below node scope no sends (section 4; sim/README 25).
;machine cports=2 dports=2 ddr_bandwidth=0 ddr_latency=1 ptc_miss=1
;machine cports=2 dports=2 ddr_bandwidth=0 ddr_latency=2 ptc_miss=1
;machine cports=2 dports=2 ddr_bandwidth=0
.dlen 64
.region page, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=2
.sentron a, id=0
g:    { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 }
      { DADD r2, r3, r3 | CFENCE.core }
u:    { DADD r2, r3, r3 }          ;= max(t + 1, g + ptc_miss + ddr_latency)  fence
h:    { SGATHER r1, [1.0.0/0.0.0/0.0.0/0.0], 8 }
      { DADD r2, r3, r3 | CFENCE.thread }
      { DADD r2, r3, r3 }          ;= max(t + 1, h + ptc_hit + ddr_latency)  fence
      { CSEND m0, 0 }
      { CFENCE.thread }
      { CFENCE.core }
      { DADD r2, r3, r3 }
; Nothing of its own is on its way.
.sentron b, id=8
      { DADD r2, r3, r3 }
      { CFENCE.core }
      { DADD r2, r3, r3 }
