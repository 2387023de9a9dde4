; The public reference's "hit path" (bench_ppt, run 1) with its warm-up: D0 = i mod 100 for a
; thousand i, D0 = 0..63 once more, and then 10,000 times, of which alone it reports the hits.
;
; Its PTC (2048 entries, 8-way, a coordinate an entry): 100 misses in the warm-up, then only hits.
.dlen 64
.equ WARM, 100
.equ WARMINGS, 10
.equ WIDTH, 64
.equ SWEEPS, 10001

.region table, rom, lo=0.0.0/1.1.1/1.1.1/1.1, pages=WARM / 4
.init main.p0 = 0.1.1/1.1.1/1.1.1/1.1

.sentron main, id=0
  { CLOOP l1, WARMINGS, warmer }
  { CLOOP l0, WARM, warm }
warm:
  { SGATHER r0, [p0], 8 | CSTEP p0, d0, 1 } :l0
warmer:
  { CSTEP p0, d0, -WARM } :l1
  { CLOOP l1, SWEEPS, again }
  { CLOOP l0, WIDTH, next }
next:
  { SGATHER r0, [p0], 8 | CSTEP p0, d0, 1 } :l0
again:
  { CSTEP p0, d0, -WIDTH } :l1
.end
