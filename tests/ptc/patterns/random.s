; The public reference's "random access" (ppt_benchmark, workload 3): 100,000 coordinates from a
; linear congruential generator, x = x * 6364136223846793005 + 1442695040888963407, of which
; D0 = x[26:16], D1 = x[37:27], D2 = x[48:38], D3 = x[12:5].
;
; Its PTC (2048 entries, 8-way, a coordinate an entry): no hit.
; The box of all these coordinates is larger than any DDR: run it with lazy_mapping=yes.
.dlen 64
.equ LOOKUPS, 100000

.init main.p0 = 0.0.0/0.1.1/1.1.1/1.1
.init main.r0 = 0xDEADBEEF
.init main.r1 = 6364136223846793005
.init main.r2 = 1442695040888963407
.init main.r8 = 16
.init main.r9 = 27
.init main.r10 = 38
.init main.r11 = 5
.init main.r12 = 0x7FF
.init main.r13 = 0xFF

.sentron main, id=0
  { CLOOP l0, LOOKUPS, last }
  { DFMA r0, r0, r1, r2 }
  { DSHR r3, r0, r8 }
  { DAND r3, r3, r12 }
  { DSHR r4, r0, r9  | SINDEX p1, [p0], d0, 0, index r3 }
  { DAND r4, r4, r12 }
  { DSHR r5, r0, r10 | SINDEX p1, [p1], d1, 0, index r4 }
  { DAND r5, r5, r12 }
  { DSHR r6, r0, r11 | SINDEX p1, [p1], d2, 0, index r5 }
  { DAND r6, r6, r13 }
  { SINDEX p1, [p1], d3, 0, index r6 }
last:
  { SGATHER r7, [p1], 8 } :l0
.end
