; A barrier releases its members Lnet after the last arrival: net_core inside a core (section 5). The next SIW is
; held, on time for the last with net_core 1.
;machine
;machine net_core=1
;machine net_core=2
;machine net_core=40
.dlen 64
.group 3, 0, 8
.sentron a, id=0
      { DADD r1, r2, r2 }
a:    { DADD r1, r2, r2 | CBAR 3 }  ;= t + 2  port
      { DADD r1, r2, r2 }       ;= b + net_core  barrier
.sentron b, id=8
      { DMUL r1, r2, r2 }       ;= spawn + 1
b:    { CBAR 3 | DADD r1, r1, r1 }    ;= t + latency_mul  d_result
      { CSTEP p1, d0, 1 }       ;= b + net_core  barrier
