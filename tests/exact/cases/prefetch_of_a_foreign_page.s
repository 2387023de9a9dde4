; A prefetch of another core's private page may walk, but brings no line.
.dlen 64
.region mine, private, lo=0.0.0/1.1.1/1.1.1/1.1, pages=1
.region theirs, private, core=1, lo=0.0.0/2.1.1/1.1.1/1.1, pages=1
.sentron a, id=0, start
  { CLOOP l0, 40, last }
  { SPREFCH.l1 [1.0.0/2.1.1/1.1.1/1.1] }
last:
  { SGATHER r0, [1.0.0/1.1.1/1.1.1/1.1], 8 } :l0
.end
