; The public reference's "dim-0 sweep" (ppt_benchmark, workload 1): an embedding table of 128
; coordinates along D0, read from end to end 100 times.
;
; Its PTC (2048 entries, 8-way, a coordinate an entry): 12672 hits, 128 misses.
.dlen 64
.equ SWEEPS, 100
.equ WIDTH, 128

.region table, rom, lo=0.4.4/1.1.1/1.1.1/1.1, pages=WIDTH / 4
.init main.p0 = 0.5.5/1.1.1/1.1.1/1.1

.sentron main, id=0
  { CLOOP l1, SWEEPS, again }
  { CLOOP l0, WIDTH, next }
next:
  { SGATHER r0, [p0], 8 | CSTEP p0, d0, 1 } :l0
again:
  { CSTEP p0, d0, -WIDTH } :l1
.end
