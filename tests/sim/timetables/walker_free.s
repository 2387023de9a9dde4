; The walker is busy for ptc_miss cycles: a prefetch in its last cycle is dropped, one in the cycle
; of its end starts the next walk. One that is dropped is complete ptc_hit after its issue.
;machine ptc_miss=1
;machine ptc_miss=2
;machine ptc_miss=3
;machine ptc_miss=4
;machine
.dlen 64
.region pages, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=4
one:  { SPREFCH.l1 [0.0.0/0.0.0/0.0.0/0.0] }
      { DADD r1, r2, r2 }
two:  { SPREFCH.l1 [4.0.0/0.0.0/0.0.0/0.0] | CFENCE.core }
; Dropped with ptc_miss 3 and more: the fence waits for the first walk. Else for the second.
      { DADD r1, r2, r2 }  ;= max(one + ptc_miss, two + ptc_hit + max(0, 3 - ptc_miss) * (ptc_miss - 1))  fence
;count dropped = min(1, max(0, ptc_miss - 2))
;count walks = 2 - min(1, max(0, ptc_miss - 2))
