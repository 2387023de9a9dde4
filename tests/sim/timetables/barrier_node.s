; A barrier releases its members Lnet after the last arrival: net_node in a node (section 5). The next SIW is
; held, on time for the last with net_node 1.
;machine
;machine net_node=1
;machine net_node=2
;machine net_node=40
.dlen 64
.group 3, 0, 1
.sentron a, id=0
      { DADD r1, r2, r2 }
a:    { DADD r1, r2, r2 | CBAR 3 }
      { DADD r1, r2, r2 }       ;= b + net_node  barrier
.sentron b, id=1
      { DMUL r1, r2, r2 }
b:    { CBAR 3 | DADD r1, r1, r1 }    ;= t + latency_mul  d_result
      { CSTEP p1, d0, 1 }       ;= b + net_node  barrier
