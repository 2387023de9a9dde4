; Each half of the L3 passes a line every l3_interval cycles to all of its cores; accesses of one
; cycle go in the order of sentrons. Shared data have their home in the half of their frame number's
; lowest bit (section 4).
;machine l3_interval=0
;machine
;machine l3_interval=4
.dlen 64
.region common, shared, lo=0.0.0/0.0.0/0.0.0/0.0, pages=2
.sentron a, id=0
      { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 }
x1:   { DADD r1, r1, r1 | CBAR 0 }                       ;= t + ptc_miss + ddr_latency  ptc=ptc_miss - 1 ddr
g1:   { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 }       ;= x4 + net_node  barrier
      { DADD r2, r1, r1 }  ;= g1 + ptc_hit + l3_latency  l3
.sentron b, id=1
      { SGATHER r1, [1.0.0/0.0.0/0.0.0/0.0], 8 }
x2:   { DADD r1, r1, r1 | CBAR 0 }                       ;= t + ptc_miss + ddr_latency + ddr_slot / 256  ptc=ptc_miss - 1 ddr
g2:   { SGATHER r1, [1.0.0/0.0.0/0.0.0/0.0], 8 }       ;= x4 + net_node  barrier
      { DADD r2, r1, r1 }  ;= g1 + ptc_hit + l3_interval + l3_latency  l3
.sentron c, id=4
      { SGATHER r1, [2.0.0/0.0.0/0.0.0/0.0], 8 }
x3:   { DADD r1, r1, r1 | CBAR 0 }                       ;= t + ptc_miss + ddr_latency + 2 * ddr_slot / 256  ptc=ptc_miss - 1 ddr
g3:   { SGATHER r1, [2.0.0/0.0.0/0.0.0/0.0], 8 }       ;= x4 + net_node  barrier
      { DADD r2, r1, r1 }  ;= g1 + ptc_hit + 2 * l3_interval + l3_latency  l3
; The second page's home is the other half.
.sentron d, id=5
      { SGATHER r1, [4.0.0/0.0.0/0.0.0/0.0], 8 }
x4:   { DADD r1, r1, r1 | CBAR 0 }                       ;= t + ptc_miss + ddr_latency + 3 * ddr_slot / 256  ptc=ptc_miss - 1 ddr
g4:   { SGATHER r1, [4.0.0/0.0.0/0.0.0/0.0], 8 }       ;= x4 + net_node  barrier
      { DADD r2, r1, r1 }  ;= g1 + ptc_hit + l3_latency  l3
.group 0, 0, 1, 4, 5
; Waits of 0 and of 1 cycle for the port, in the open.
.sentron e, id=2
      { DMUL r1, r2, r2 }
      { DADD r1, r1, r1 }                   ;= t + latency_mul  d_result
      { DMUL r1, r2, r2 }
      { DADD r3, r2, r2 }
      { DADD r1, r1, r1 }                   ;= t - 1 + latency_mul  d_result
      { DMUL r1, r2, r2 }
      { DADD r3, r2, r2 }
      { DADD r3, r2, r2 }
      { DADD r1, r1, r1 }                   ;= t + 1  d_result
