; At the D port the context that issued longer ago goes first, whatever its number: `b` has waited
; for its product while `a` used the port, so it goes first, and so does `a` later.
;machine
;machine latency_mul=4
;machine dports=2
;machine dports=2 latency_mul=4
.dlen 64
.sentron a, id=0
     { DADD r1, r2, r2 }
     { DADD r1, r2, r2 }            ;= t + 3 - dports  port
     { DADD r1, r2, r2 }
     { DADD r1, r2, r2 }            ;= t + 1 + (2 - dports) * (4 - latency_mul)  port
     { DADD r1, r2, r2 }            ;= t + 1 + (2 - dports) * (latency_mul - 3)  port
     { DADD r1, r2, r2 }
.sentron b, id=8
mul: { DMUL r1, r2, r2 }            ;= spawn + 2 - dports
use: { DADD r3, r1, r1 }            ;= mul + latency_mul  d_result
