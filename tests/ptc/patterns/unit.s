; The sweep of the public reference's unit test (test_ptc_high_hit_rate_structured): 64 coordinates
; along D0, 10 times.
;
; Its PTC (2048 entries, 8-way, a coordinate an entry): 576 hits, 64 misses.
.dlen 64
.equ SWEEPS, 10
.equ WIDTH, 64

.region table, rom, lo=0.0.0/1.1.1/1.1.1/1.1, pages=WIDTH / 4
.init main.p0 = 0.1.1/1.1.1/1.1.1/1.1

.sentron main, id=0
  { CLOOP l1, SWEEPS, again }
  { CLOOP l0, WIDTH, next }
next:
  { SGATHER r0, [p0], 8 | CSTEP p0, d0, 1 } :l0
again:
  { CSTEP p0, d0, -WIDTH } :l1
.end
