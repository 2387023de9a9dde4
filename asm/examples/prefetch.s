; Prefetch along a dimension: a walk along D3 touches another page with every step, so each gather
; misses the translation cache (PTC), and its line lies in DDR.
;
; "demand" takes that as it comes. "ahead" sends two pointers in front: the first prefetch of a
; page finds no translation and starts its walk in the background; two rounds later the second one
; hits the PTC and fetches the line; four rounds later the gather hits the PTC, and L1. In each
; region the first page holds 1 and the last 6, so both sums are 7.
.dlen 64
.equ PAGES, 48

.region first, rom, lo=0.0.0/0.1.1/1.1.1/1.1, extent=1.1.1/PAGES
.region second, rom, lo=0.0.0/0.2.1/1.1.1/1.1, extent=1.1.1/64        ; pages to run ahead into
.region results, shared, lo=0.0.0/0.3.1/1.1.1/1.1, pages=1
.data first, 0.0.0/0.1.1/1.1.1/1.1, 1
.data first, 0.0.0/(PAGES - 1).1.1/1.1.1/1.1, 6
.data second, 0.0.0/0.2.1/1.1.1/1.1, 1
.data second, 0.0.0/(PAGES - 1).2.1/1.1.1/1.1, 6

.init main.p0 = 0.0.0/0.1.1/1.1.1/1.1
.init main.p1 = 0.0.0/0.2.1/1.1.1/1.1           ; of the gathers
.init main.p2 = 0.0.0/0.2.1/1.1.1/1.1           ; of the lines, 4 pages ahead
.init main.p3 = 0.0.0/0.2.1/1.1.1/1.1           ; of the walks, 6 pages ahead

.sentron main, id=0
.mark "demand"
  { CLOOP l0, PAGES, demand }
  { SGATHER r1, [p0], 8 | CSTEP p0, d3, 1 }
demand:
  { DADD r8, r8, r1 } :l0
.mark "ahead"
  { CLOOP l0, 6, walks }                        ; the first pages: walk by walk
  { SPREFCH.l1 [p3] | CSTEP p3, d3, 1 }
  { CLOOP l1, 12, walks }
walks:
  { - } :l1:l0
  { CLOOP l0, 4, lines }
lines:
  { SPREFCH.l1 [p2] | CSTEP p2, d3, 1 } :l0
  { CLOOP l0, PAGES, ahead }
  { SPREFCH.l1 [p3] | CSTEP p3, d3, 1 }
  { SPREFCH.l1 [p2] | CSTEP p2, d3, 1 }
  { SGATHER r2, [p1], 8 | CSTEP p1, d3, 1 }
  { DADD r9, r9, r2 | CLOOP l1, 12, ahead }     ; as long as a walk takes
ahead:
  { - } :l1:l0
.endmark
  { SSCATTR [0.0.0/0.3.1/1.1.1/1.1], r8, 8 }
  { SSCATTR [1.0.0/0.3.1/1.1.1/1.1], r9, 8 }
.end

.host run main
.host print 0.0.0/0.3.1/1.1.1/1.1, demand
.host print 1.0.0/0.3.1/1.1.1/1.1, ahead
