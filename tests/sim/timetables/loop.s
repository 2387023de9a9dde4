; The end of a hardware loop's body costs nothing, with one mark or two; a count of 0 jumps past
; the body like a taken branch (section 5, "Loops").
;machine branch=0
;machine branch=1
;machine
.dlen 64
        { CLOOP l1, 2, body }
inner:  { CLOOP l0, 2, body }                    ;= t + 1, body.2 + 1
        { DADD r4, r1, r1 }                      ;= inner + 1, inner + 3, inner.2 + 1, inner.2 + 3
body:   { DADD r1, r2, r3 } :l0:l1               ;= inner + 2, inner + 4, inner.2 + 2, inner.2 + 4
zero:   { CLOOP l0, 0, none }                    ;= body.4 + 1
none:   { DADD r3, r2, r2 } :l0                  ;= never
        { DADD r4, r2, r2 }                      ;= zero + 1 + branch  branch
        { CLOOP l2, r5, empty }
empty:  { DADD r3, r2, r2 } :l2                  ;= never
        { DADD r4, r2, r2 }                      ;= t + 1 + branch  branch
