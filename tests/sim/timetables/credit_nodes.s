; Between nodes a message takes link_latency and the time its 32 bytes occupy the link, in 1/256
; cycle, on each link of its path; the credit comes back after the same time without other traffic
; (section 5; sim/README 22).
;machine nodes=2 topology=full queue_depth=2 link_latency=20 link_bandwidth=0
;machine nodes=2 topology=full queue_depth=2 link_latency=20
;machine nodes=2 topology=full queue_depth=2 link_latency=20 link_bandwidth=40
;machine nodes=2 topology=full queue_depth=3 link_latency=500
;machine nodes=2 topology=full queue_depth=2 link_latency=1 link_bandwidth=0 latency_mul=2
;machine nodes=2 topology=full queue_depth=2 link_latency=1 link_bandwidth=0 latency_mul=3
.dlen 64
.sentron a, id=0
s1:   { CROUTE m0, 1 | DMUL r1, r2, r2 }
s2:   { CROUTE m0, 1 | DADD r3, r1, r1 }    ;= s1 + latency_mul  d_result
s3:   { CROUTE m0, 1 }    ;= max(t + 1, (3 - queue_depth) * (r1 + link_slot / 256 + link_latency))  credit
.sentron b, id=0, node=1
r1:   { CRECV.n r2, 0 }   ;= max(spawn, s1 + link_slot / 256 + link_latency)
r2:   { CRECV.n r3, 0 }   ;= max(t + 1, (max((s2 - s1) * 256, link_slot) + link_slot) / 256 + s1 + link_latency)  message
r3:   { CRECV.n r4, 0 }   ;= max(t + 1, (max((s3 - s1) * 256, max((s2 - s1) * 256, link_slot) + link_slot) + link_slot) / 256 + s1 + link_latency)  message
;count sent = 3
;count received = 3
