; A line occupies DDR for ddr_slot/256 cycles; time is kept in 1/256 cycle and rounded up at the end
; (section 4). Lines one a cycle: the k-th starts at the first one's arrival + k slots.
;machine ddr_bandwidth=0
;machine ddr_bandwidth=256
;machine ddr_bandwidth=204.8
;machine ddr_bandwidth=170
;machine
;machine ddr_bandwidth=25.6 clock=3.3
.dlen 64
.region page, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
w:    { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 | CFENCE.core }
;  At 256 GB/s and 4 GHz a line takes one cycle exactly: nobody waits.
g0:   { SGATHER r1, [1.0.0/0.0.0/0.0.0/0.0], 8 }     ;= w + ptc_miss + ddr_latency  fence
g1:   { SGATHER r2, [2.0.0/0.0.0/0.0.0/0.0], 8 }
g2:   { SGATHER r3, [3.0.0/0.0.0/0.0.0/0.0], 8 }
g3:   { SGATHER r4, [0.1.0/0.0.0/0.0.0/0.0], 8 }
g4:   { SGATHER r5, [1.1.0/0.0.0/0.0.0/0.0], 8 }
g5:   { SGATHER r6, [2.1.0/0.0.0/0.0.0/0.0], 8 }
u0:   { DADD r9, r1, r1 }     ;= g0 + ptc_hit + ddr_latency  ddr
u1:   { DADD r9, r2, r2 }     ;= u0 + max(256, ddr_slot) / 256  ddr
u2:   { DADD r9, r3, r3 }     ;= max(t + 1, u0 + 2 * max(256, ddr_slot) / 256)  ddr
u3:   { DADD r9, r4, r4 }     ;= max(t + 1, u0 + 3 * max(256, ddr_slot) / 256)  ddr
u4:   { DADD r9, r5, r5 }     ;= max(t + 1, u0 + 4 * max(256, ddr_slot) / 256)  ddr
u5:   { DADD r9, r6, r6 }     ;= max(t + 1, u0 + 5 * max(256, ddr_slot) / 256)  ddr
;count ddr_reads = 7
