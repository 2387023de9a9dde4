; A credit comes back over all links of the path: two on a ring of four nodes (section 5).
;machine nodes=4 topology=ring queue_depth=1 link_latency=20
;machine nodes=4 topology=ring queue_depth=1 link_latency=33 link_bandwidth=0
;machine nodes=4 topology=ring queue_depth=2 link_latency=33 link_bandwidth=0
;machine nodes=4 topology=ring queue_depth=1 link_latency=1 link_bandwidth=0 latency_mul=4
;machine nodes=4 topology=ring queue_depth=1 link_latency=1 link_bandwidth=0 latency_mul=5
.dlen 64
.sentron a, id=0
s1:   { CROUTE m0, 2 | DMUL r1, r2, r2 }
s2:   { CROUTE m0, 2 }    ;= max(t + 1, (2 - queue_depth) * (r1 + 2 * (link_slot / 256 + link_latency)))  credit
      { DADD r3, r1, r1 } ;= max(t + 1, s1 + latency_mul)  d_result
.sentron b, id=0, node=2
r1:   { CRECV.n r2, 0 }   ;= max(spawn, s1 + 2 * (link_slot / 256 + link_latency))
      { CRECV.n r3, 0 }   ;= max(t + 1, max(s2 + link_slot / 256, s1 + 2 * link_slot / 256) + link_slot / 256 + 2 * link_latency)  message
