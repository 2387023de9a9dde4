; The C port of a core: of two contexts that contend, the one that issued longer ago wins, then the
; lower number; the loser waits whole; NOPs and other pipes need no port (section 5, test 7).
;machine
;machine cports=2
.dlen 64
.sentron a, id=0
a0: { CSTEP p1, d0, 1 }
a1: { CSTEP p2, d0, 1 }                    ;= a0 + 3 - cports  port
a2: { DADD r1, r2, r2 }
    { SINDEX p3, [p0], d0, 1 }
    { }
.sentron b, id=8
b0: { CSTEP p1, d0, 1 | DADD r1, r2, r2 }           ;= spawn + 2 - cports
b1: { CSTEP p2, d0, 1 }                    ;= b0 + 3 - cports  port
    { CSTEP p1, d0, 1 }
; Another core has its own port.
.sentron c, id=1
    { CSTEP p1, d0, 1 }
    { CSTEP p2, d0, 1 }
    { CSTEP p1, d0, 1 }
