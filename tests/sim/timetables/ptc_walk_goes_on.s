; While a walk closes the S ports, SIWs without an S operation issue every cycle, of both contexts.
;machine
;machine ptc_miss=4
;machine ptc_miss=5
.dlen 64
.region page, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
.sentron a, id=0
walk: { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 }
      { DADD r3, r4, r4 }
      { CSTEP p3, d0, 1 }
      { DADD r5, r4, r4 }
      { SINDEX p1, [p0], d0, 1 }                    ;= max(t + 1, walk + ptc_miss)  ptc
      { DADD r6, r1, r1 }   ;= walk + ptc_miss + ddr_latency  ptc=max(0, walk + ptc_miss - t - 1) ddr
.sentron b, id=8
      { CSTEP p3, d0, 1 }
      { CSTEP p3, d0, 1 }
      { DADD r5, r4, r4 }
      { }
