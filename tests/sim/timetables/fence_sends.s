; Beyond core scope a fence also holds until the sentron's sends have arrived (section 4).
;machine l3_latency=2 nodes=2 topology=full link_latency=5
;machine l3_latency=3 nodes=2 topology=full link_latency=1
;machine nodes=2 topology=full
.dlen 64
.sentron a, id=0
s1:   { CSEND m0, 1 }
      { CFENCE.node }
u1:   { DADD r2, r3, r3 }         ;= max(t + 1, s1 + l3_latency)  fence
s2:   { CSEND m0, 1 }
      { CFENCE.cluster }
      { DADD r2, r3, r3 }         ;= max(t + 1, s2 + l3_latency)  fence
s3:   { CROUTE m0, 1 }
      { CFENCE.cluster }
      { DADD r2, r3, r3 }         ;= max(t + 1, s3 + link_slot / 256 + link_latency)  fence
s4:   { CROUTE m0, 1 }
      { CFENCE.node }
      { DADD r2, r3, r3 }         ;= max(t + 1, max(s4 * 256, s3 * 256 + link_slot) / 256 + link_slot / 256 + link_latency)  fence
s5:   { CSEND m0, 1 }
      { CFENCE.core }
      { DADD r2, r3, r3 }
.sentron b, id=1
      { DADD r1, r1, r1 }
.sentron c, id=0, node=1
      { DADD r1, r1, r1 }
