; The memory entries belong to the core: the other context's operations hold them too, and waiting
; for one is charged before waiting for the port (section 5, tests 4 and 7).
;machine memory_entries=1 ddr_latency=1
;machine memory_entries=1
;machine memory_entries=2
.dlen 64
.region own, private, core=0, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
.sentron a, id=0
g:    { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 }
      { DADD r1, r1, r1 }           ;= g + ptc_miss + ddr_latency  ptc=ptc_miss - 1 ddr
.sentron b, id=8
      { DADD r1, r2, r2 }
h:    { SGATHER r3, [1.0.0/0.0.0/0.0.0/0.0], 8 }  ;= g + ptc_miss + (2 - memory_entries) * ddr_latency  memory_entry=(2 - memory_entries) * (ptc_miss + ddr_latency - 1) ptc
      { DADD r4, r3, r3 }           ;= max(h + ptc_hit, g + ptc_miss + ddr_slot / 256) + ddr_latency  ddr
.sentron c, id=1
      { DMUL r1, r2, r2 }
      { DADD r3, r2, r2 }
      { DADD r3, r1, r1 }           ;= t - 1 + latency_mul  d_result
      { DADD r3, r1, r1 }           ;= t + 1  d_result
