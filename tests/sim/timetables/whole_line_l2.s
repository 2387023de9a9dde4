; A whole-line scatter that misses the nearest tier is written there, whatever lies behind it
; (section 4; sim/README 13).
;machine
;machine l1_latency=2
;machine l1_latency=3
.region own, private, core=0, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
w:    { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 64 | CFENCE.core }
p:    { SPREFCH.l2 [1.0.0/0.0.0/0.0.0/0.0] | CFENCE.core }      ;= w + ptc_miss + ddr_latency  fence
s:    { SSCATTR [1.0.0/0.0.0/0.0.0/0.0], r1, 64 }               ;= p + ptc_hit + ddr_latency  fence
      { CFENCE.core }
      { DADD r3, r2, r2 }   ;= max(t + 1, s + ptc_hit + l1_latency)  fence
;count l1_hits = 1
;count l2_hits = 0
;count ddr_reads = 2
