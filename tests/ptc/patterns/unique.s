; The public reference's "miss path" (bench_ppt, run 2): 100,000 coordinates, none twice,
; D0 = i mod 100, D1 = i / 100 mod 100, D2 = i / 10000, D3 = i mod 256.
;
; Its PTC (2048 entries, 8-way, a coordinate an entry): no hit.
.dlen 64
.equ SIDE, 100
.equ PLANES, 10

.region all, rom, lo=0.0.0/0.1.1/1.1.1/1.1, extent=25.25.3/256
.init main.p0 = 0.0.0/0.1.1/1.1.1/1.1
.init main.r1 = 1
.init main.r2 = 255

.sentron main, id=0                     ; r0 = i, r3 = i mod 256
  { CLOOP l2, PLANES, plane }
  { CLOOP l1, SIDE, row }
  { CLOOP l0, SIDE, next }
  { DADD r0, r0, r1 | SINDEX p1, [p0], d3, 0, index r3 | CSTEP p0, d0, 1 }
next:
  { DAND r3, r0, r2 | SGATHER r4, [p1], 8 } :l0
  { CSTEP p0, d0, -SIDE }
row:
  { CSTEP p0, d1, 1 } :l1
  { CSTEP p0, d1, -SIDE }
plane:
  { CSTEP p0, d2, 1 } :l2
.end
