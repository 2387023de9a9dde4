; The reference's hash with pages: all cells of a page in one set of the PTC.
; machine: ptc_hash = reference
; machine: ptc_entries = 16 entries
; machine: ptc_ways = 2
.dlen 64
.region work, private, lo=0.0.0/1.1.1/1.1.1/1.1, pages=4
.sentron a, id=0, start
  { CLOOP l0, 60, last }
  { SGATHER r0, [p0], 8 | CSTEP p0, linear, 1 }
  { SGATHER r1, [2.3.1/1.1.1/1.1.1/1.1], 8 }
last:
  { SGATHER r2, [1.0.3/1.1.1/1.1.1/1.1], 8 } :l0
.end
.init a.p0 = 0.0.0/1.1.1/1.1.1/1.1
