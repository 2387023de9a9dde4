; The D port of a core: of two contexts that contend, the one that issued longer ago wins, then the
; lower number; the loser waits whole; NOPs and other pipes need no port (section 5, test 7).
;machine
;machine dports=2
.dlen 64
.sentron a, id=0
a0: { DADD r1, r2, r2 }
a1: { DADD r3, r2, r2 }                    ;= a0 + 3 - dports  port
a2: { SINDEX p1, [p0], d0, 1 }
    { SINDEX p2, [p0], d0, 1 }
    { }
.sentron b, id=8
b0: { DADD r1, r2, r2 | SINDEX p1, [p0], d0, 1 }           ;= spawn + 2 - dports
b1: { DADD r3, r2, r2 }                    ;= b0 + 3 - dports  port
    { DADD r1, r2, r2 }
; Another core has its own port.
.sentron c, id=1
    { DADD r1, r2, r2 }
    { DADD r3, r2, r2 }
    { DADD r1, r2, r2 }
