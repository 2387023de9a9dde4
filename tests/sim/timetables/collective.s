; A cast releases its members Lnet after the last arrival; a reduction 2 Lnet + (members - 1) times
; the operation's latency (section 5). The result is there at the release.
;machine
;machine net_node=1 latency_add=2
;machine net_node=5 latency_f32=1
;machine latency_f32=7 latency_mul=9
;machine net_node=1 latency_mul=2
;machine net_node=1 latency_mul=1
.dlen 64
.group 3, 0, 1, 4
.sentron a, id=0
      { CREDUCE.f32.sum r1, r2, 3 }
a2:   { CREDUCE.i64.max r1, r1, 3 }   ;= b1 + 2 * net_node + 2 * latency_f32  collective
a3:   { CCAST r1, r1, 3, 1 }          ;= b2 + 2 * net_node + 2 * latency_add  collective
      { DADD r3, r1, r1 }             ;= c3 + net_node  collective
;end t + latency_add
.sentron b, id=1
      { DMUL r1, r2, r2 }
      { DADD r3, r2, r2 }
b1:   { CREDUCE.f32.sum r1, r1, 3 }   ;= max(t + 1, spawn + latency_mul)  d_result
b2:   { CREDUCE.i64.max r1, r1, 3 }   ;= b1 + 2 * net_node + 2 * latency_f32  collective
      { CCAST r1, r1, 3, 1 }          ;= b2 + 2 * net_node + 2 * latency_add  collective
      { DADD r3, r1, r1 }             ;= c3 + net_node  collective
;end t + latency_add
.sentron c, id=4
      { CREDUCE.f32.sum r1, r2, 3 }
      { CREDUCE.i64.max r1, r1, 3 }   ;= b1 + 2 * net_node + 2 * latency_f32  collective
      { DMUL r3, r1, r1 }             ;= b2 + 2 * net_node + 2 * latency_add  collective
c3:   { CCAST r1, r3, 3, 1 }          ;= t + latency_mul  d_result
      { DADD r3, r1, r1 }             ;= c3 + net_node  collective
;end t + latency_add
