; The public reference's "cognitive pattern" (ppt_benchmark, workload 4), 50,000 times six accesses
; at b = i mod 64: gathers of D0 = b, of its neighbour b + 1, of an association (D1 = 7) and of a
; cross-section (D2 = 3), a scatter back to b, and a scatter to an output in another D3.
;
; Its PTC (2048 entries, 8-way, a coordinate an entry): 299806 hits, 194 misses.
.dlen 64
.equ ITERATIONS, 50000
.equ CYCLE, 64

.region table, private, core=0, lo=0.0.0/1.1.1/1.1.1/1.1, extent=17.2.1
.region output, private, core=0, lo=0.0.0/2.1.1/1.1.1/1.1, pages=1
.init main.p0 = 0.1.1/1.1.1/1.1.1/1.1
.init main.p1 = 1.1.1/1.1.1/1.1.1/1.1
.init main.p2 = 0.7.1/1.1.1/1.1.1/1.1
.init main.p3 = 0.1.3/1.1.1/1.1.1/1.1

.sentron main, id=0
  { CLOOP l1, ITERATIONS / CYCLE, again }
  { CLOOP l0, CYCLE, next }
  { SGATHER r0, [p0], 8 }
  { SGATHER r1, [p1], 8 | CSTEP p1, d0, 1 }
  { SGATHER r2, [p2], 8 | CSTEP p2, d0, 1 }
  { SGATHER r3, [p3], 8 | CSTEP p3, d0, 1 }
  { SSCATTR [p0], r0, 8 | CSTEP p0, d0, 1 }
next:
  { SSCATTR [0.0.0/2.1.1/1.1.1/1.1], r1, 8 } :l0
  { CSTEP p0, d0, -CYCLE }
  { CSTEP p1, d0, -CYCLE }
  { CSTEP p2, d0, -CYCLE }
again:
  { CSTEP p3, d0, -CYCLE } :l1

; The iterations of the last, incomplete cycle.
  { CLOOP l0, ITERATIONS % CYCLE, rest }
  { SGATHER r0, [p0], 8 }
  { SGATHER r1, [p1], 8 | CSTEP p1, d0, 1 }
  { SGATHER r2, [p2], 8 | CSTEP p2, d0, 1 }
  { SGATHER r3, [p3], 8 | CSTEP p3, d0, 1 }
  { SSCATTR [p0], r0, 8 | CSTEP p0, d0, 1 }
rest:
  { SSCATTR [0.0.0/2.1.1/1.1.1/1.1], r1, 8 } :l0
.end
