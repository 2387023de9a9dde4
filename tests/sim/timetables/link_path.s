; On a ring of four nodes the way to the node opposite is two links; stored and forwarded whole.
;machine nodes=4 topology=ring link_latency=20 latency_mul=1
;machine nodes=4 topology=ring link_latency=20 latency_mul=2
;machine nodes=4 topology=ring link_latency=20 latency_mul=3
;machine nodes=4 topology=ring link_latency=100 link_bandwidth=100
.dlen 64
.sentron a, id=0
s:    { CROUTE m0, 2 | DMUL r1, r2, r2 }
      { CROUTE m0, 1 | DADD r3, r2, r2 }
      { DADD r3, r1, r1 }   ;= max(t + 1, s + latency_mul)  d_result
.sentron b, id=0, node=2
      { CRECV.n r2, 0 }     ;= s + 2 * (link_slot / 256 + link_latency)
; The second message follows the first on its link.
.sentron c, id=0, node=1
      { CRECV.n r2, 0 }     ;= s + (2 * link_slot) / 256 + link_latency
