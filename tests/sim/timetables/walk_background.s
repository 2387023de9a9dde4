; A prefetch that misses the PTC starts a walk in the background, with the S ports open. A demand
; access to its page waits for that walk, one to another page for the walker. A prefetch that finds
; the walker busy is dropped (section 4).
;machine
;machine ptc_miss=3
;machine ptc_miss=4
;machine ptc_miss=5
.dlen 64
.region pages, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=4
p:    { SPREFCH.l1 [0.0.0/0.0.0/0.0.0/0.0] }
drop: { SPREFCH.l1 [4.0.0/0.0.0/0.0.0/0.0] }
same: { SGATHER r1, [1.0.0/0.0.0/0.0.0/0.0], 8 }     ;= t + 1 ready=max(t + 1 + ptc_hit, p + ptc_miss) + ddr_latency
      { SINDEX p1, [p0], d0, 1 }                     ;= max(t + 1, p + ptc_miss)  ptc
      { DADD r2, r1, r1 | CFENCE.core }              ;= p + ptc_miss + ddr_latency  ddr
p2:   { SPREFCH.l1 [8.0.0/0.0.0/0.0.0/0.0] }
      { DADD r3, r4, r4 }
      { DADD r3, r4, r4 }
new:  { SGATHER r1, [4.0.0/0.0.0/0.0.0/0.0], 8 }     ;= t + 1 ready=max(t + 1, p2 + ptc_miss) + ptc_miss + ddr_latency
      { SINDEX p1, [p0], d0, 1 }                     ;= max(t + 1, max(new, p2 + ptc_miss) + ptc_miss)  ptc
      { DADD r2, r1, r1 }   ;= max(new, p2 + ptc_miss) + ptc_miss + ddr_latency  ddr
;count dropped = 1
;count prefetches = 3
;count walks = 3
;count ptc_misses = 1 + min(1, max(0, ptc_miss - 2))
;count ptc_hits = 1 - min(1, max(0, ptc_miss - 2))
