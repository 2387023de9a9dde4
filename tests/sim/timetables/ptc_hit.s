; On a PTC hit an access arrives ptc_hit cycles after its issue; an L1 hit is ready l1_latency later:
; with the defaults, what was gathered two SIWs ago (section 4).
;machine
;machine l1_latency=2
;machine l1_latency=5
;machine ptc_hit=2
;machine ptc_hit=0 l1_latency=2
;machine ptc_hit=4 l1_latency=3
.dlen 64
.region page, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
cold: { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }  ;= t + 1 ready=t + 1 + ptc_miss + ddr_latency
g:    { SGATHER r2, [0.0.0/0.0.0/0.0.0/0.0], 8 }    ;= cold + ptc_miss + ddr_latency  fence ready=cold + ptc_miss + ddr_latency + ptc_hit + l1_latency
      { DADD r5, r6, r6 }
      { DADD r3, r2, r2 }   ;= max(t + 1, g + ptc_hit + l1_latency)  ptc=max(0, g + ptc_hit - t - 1) l1
      { SGATHER r2, [0.0.0/0.0.0/0.0.0/0.0], 8 }
      { DADD r3, r2, r2 }   ;= max(t + 1, t + ptc_hit + l1_latency)  ptc=max(0, ptc_hit - 1) l1
;count ptc_hits = 2
;count ptc_misses = 1
;count l1_hits = 2
;count ddr_hits = 1
