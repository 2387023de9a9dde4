; One SIW with all three pipes at work: r0 = 3 * 4 + 5 = 17, a prefetch, and a message of r1, r2.
; At latency 1 (machine r23w6) that is 3 operations in 1 cycle.
.dlen 64
.region table, rom, lo=0.0.0/1.1.1/1.1.1/1.1, pages=1
.init main.r1 = 3
.init main.r2 = 4
.init main.r3 = 5
  { DFMA r0, r1, r2, r3 | SPREFCH.l1 [1.1.1/1.1.1/1.1.1/1.1] | CPACK m0, r1, r2 }
