; The public reference's "structured workload" (bench_ppt, run 3):
; a cube of 32 x 32 x 32 coordinates, D0 outermost and D2 innermost, 100 times.
;
; Its PTC (a coordinate an entry): 177408 hits, 3099392 misses with 2048 entries 8-way.
.dlen 64
.equ PASSES, 100
.equ SIDE, 32

.region cube, rom, lo=0.0.0/1.1.1/1.1.1/1.1, extent=8.8.8
.init main.p0 = 0.0.0/1.1.1/1.1.1/1.1

.sentron main, id=0
  { CLOOP l3, PASSES, again }
  { CLOOP l2, SIDE, plane }
  { CLOOP l1, SIDE, row }
  { CLOOP l0, SIDE, next }
next:
  { SGATHER r0, [p0], 8 | CSTEP p0, d2, 1 } :l0
  { CSTEP p0, d2, -SIDE }
row:
  { CSTEP p0, d1, 1 } :l1
  { CSTEP p0, d1, -SIDE }
plane:
  { CSTEP p0, d0, 1 } :l2
again:
  { CSTEP p0, d0, -SIDE } :l3
.end
