; On a PTC miss an access arrives ptc_miss cycles after its issue, and until then the core's S ports
; are closed to both contexts; D and C go on (section 4).
;machine
;machine ptc_miss=1
;machine ptc_miss=2
;machine ptc_miss=5 sports=2
;machine ptc_miss=40
.dlen 64
.region page, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
.sentron a, id=0
walk: { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 }    ;= spawn ready=spawn + ptc_miss + ddr_latency
      { SINDEX p1, [p0], d0, 1 }                    ;= walk + ptc_miss  ptc
      { DADD r3, r1, r1 }   ;= walk + ptc_miss + ddr_latency  ddr
.sentron b, id=8
      { DADD r1, r2, r2 | CSTEP p1, d0, 1 }
;  Both ask for the S port in the cycle in which it opens: they issued last at the same time, so `a`
;  goes first.
s:    { SINDEX p1, [p0], d0, 1 }       ;= walk + ptc_miss + 2 - sports  ptc=walk + ptc_miss - t - 1 port
      { DADD r1, r2, r2 }
; Another core's S port is open.
.sentron c, id=1
      { SINDEX p1, [p0], d0, 1 }
      { SINDEX p1, [p0], d0, 1 }
;count walks = 1
;count ptc_misses = 1
