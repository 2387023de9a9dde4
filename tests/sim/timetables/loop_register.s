; A CLOOP owes its l register for latency_loop cycles; another CLOOP that writes it waits, loop ends
; do not (section 5; sim/README 3).
;machine latency_loop=2
;machine latency_loop=3
;machine latency_loop=9
;machine
.dlen 64
p:    { CLOOP l0, 1, body }
body: { } :l0
q:    { CLOOP l0, 2, next }       ;= max(t + 1, p + latency_loop)  c_result
next: { } :l0                     ;= t + 1, t + 2
      { }                         ;= next.2 + 1
;end max(t + 1, q + latency_loop)
