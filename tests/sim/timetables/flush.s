; A flush of a dirty line takes a DDR slot and holds its entry until the transfer is complete; of a
; clean one it is complete an L1 latency after its arrival (section 4; sim/README 17).
;machine
;machine l1_latency=2
;machine ddr_latency=2 ddr_bandwidth=0
;machine ddr_latency=1 ddr_bandwidth=0
.dlen 64
.region own, private, core=0, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
w:    { SSCATTR [0.0.0/0.0.0/0.0.0/0.0], r1, 8 | CFENCE.core }
d:    { SFLUSH [0.0.0/0.0.0/0.0.0/0.0] }                 ;= w + ptc_miss + ddr_latency  fence
      { CFENCE.core }
c:    { SFLUSH [0.0.0/0.0.0/0.0.0/0.0] }                 ;= max(t + 1, d + ptc_hit + ddr_latency)  fence
      { CFENCE.core }
      { DADD r3, r2, r2 }                                ;= max(t + 1, c + ptc_hit + l1_latency)  fence
      { SFLUSH [0.0.0/0.0.0/0.0.0/0.0] }
;end t + ptc_hit + l1_latency
;count ddr_writes = 1
