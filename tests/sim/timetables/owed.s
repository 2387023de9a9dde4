; An SIW waits for what it reads and for what it writes and is still owed, not for registers that it
; overwrites and others have read; all slots wait together (section 5, test 3).
;machine latency_mul=1
;machine latency_mul=2
;machine latency_mul=3 latency_step=2
;machine latency_mul=9 latency_step=4
.dlen 64
a:    { DMUL r1, r2, r3 }
      { DADD r1, r2, r2 }                       ;= a + latency_mul  d_result
b:    { DMUL r4, r2, r3 }
      { DADD r2, r5, r5 | CSTEP p1, d0, 1 }     ;= t + 1
c:    { DADD r3, r4, r2 }                       ;= max(t + 1, b + latency_mul)  d_result
d:    { DMUL r1, r2, r3 | CSTEP p1, d0, 1 }     ;= max(t + 1, b + 1 + latency_step)  c_result
;  Both are owed: the first in slot order is charged, then what the other takes longer.
      { DADD r3, r1, r1 | SINDEX p2, [p1], d0, 1 }  ;= d + max(latency_mul, latency_step)  d_result=latency_mul - 1 c_result
      { SINDEX p2, [p2], d0, 1 }                ;= t + latency_step  s_result
      { CSTEP p2, d0, 1 }                       ;= t + latency_step  s_result
;end t + latency_step
