; Inside a core Lnet is net_core (section 5).
;machine cports=2
;machine cports=2 net_core=2
;machine cports=2 net_core=7 latency_add=2
.dlen 64
.group 3, 0, 8
.sentron a, id=0
a1:   { CREDUCE.i64.sum r1, r2, 3 }
a2:   { CCAST r1, r1, 3, 0 }          ;= b1 + 2 * net_core + latency_add  collective
      { CBAR 3 }                      ;= max(a2, b2) + net_core  collective
      { CSTEP p1, d0, 1 }             ;= t + net_core  barrier
.sentron b, id=8
b1:   { CREDUCE.i64.sum r1, r2, 3 }
b2:   { CCAST r1, r1, 3, 0 }          ;= b1 + 2 * net_core + latency_add  collective
      { CBAR 3 }                      ;= max(a2, b2) + net_core  collective
      { CSTEP p1, d0, 1 }             ;= t + net_core  barrier
.sentron c, id=1
m:    { DMUL r1, r2, r2 }
      { DADD r3, r2, r2 }
      { DADD r4, r1, r1 }     ;= m + latency_mul  d_result
      { DADD r5, r1, r1 }     ;= t + 1  d_result
;end t + latency_add
