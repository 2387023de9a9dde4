; A prefetch from afar beside a send: it must wait for credit, which never comes, while both
; contexts of its core gather from afar (far.h took it for plain).
.dlen 512
.region shared0, shared, node=all, lo=16.4.0/0.0.127/0.0.0/0.1, extent=2.1.1/2.1.1/2
.region rom1, rom, node=all, lo=144.4.0/0.0.2038/0.0.0/0.2, extent=15

.sentron n0s6, id=6, home=0.0.0/0.0.0/0.0.0/6.0, start
  { - | SINDEX p2, [185.6.1/0.0.2038/0.0.0/0.2], linear, 0 | - }
  { - | - | CLOOP l2, 12, last }
  { - | SPREFCH.l1 [p2] | CSEND m3, 9 }
last: { - | - | - } :l2

.sentron n0s9, id=9, home=0.0.0/0.0.0/0.0.0/9.0, start
  { - | - | - }

.sentron n0s14, id=14, home=0.0.0/0.0.0/0.0.0/14.0, start
  { - | SINDEX p5, [18.5.1/1.0.127/1.0.0/0.1+40], linear, 0 | - }
  { - | SGATHER r0, [p5], 22, at 13 | - }
  { - | - | CPACK m2, r0[7], r1 }
.end
