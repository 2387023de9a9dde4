; The public reference's "3-D inner walk" (ppt_benchmark, workload 2):
; a cube of 10 x 10 x 10 coordinates, D0 outermost and D2 innermost, 20 times.
;
; Its PTC (a coordinate an entry): 18905 hits, 1095 misses with 2048 entries 8-way; 19000 and 1000 with
; 8192 entries 8-way, which is what that benchmark builds.
.dlen 64
.equ PASSES, 20
.equ SIDE, 10

.region cube, rom, lo=0.0.0/2.2.2/2.2.2/2.2, extent=3.3.3
.init main.p0 = 0.0.0/2.2.2/2.2.2/2.2

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
