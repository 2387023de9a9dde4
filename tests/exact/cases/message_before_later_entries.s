; A context that waits for a message does not wait for memory entries that others take later.
.dlen 512
.region shared0, shared, node=all, lo=280.8.0/0.0.886/0.0.0/0.1, extent=6
.region private1, private, node=all, lo=276.0.0/0.0.1764/0.0.0/0.2, extent=11
.region private2, private, core=2, node=all, lo=28.0.0/0.0.351/0.0.0/0.3, extent=35
.group 0, 0

.sentron n0s0, id=0, start
  { - | SINDEX p2, [301.1.2/0.0.1764/0.0.0/0.2], linear, 0 | - }
  { - | - | CLOOP l0, 5, @3 }
  { - | - | CSTEP p2, linear, -65 }
  { - | SGATHER r4, [p2], 64 | - } :l0
  { - | - | CSEND m3, 2 }

.sentron n0s2, id=2, home=0.0.0/0.0.0/0.0.0/2.0, start
  { - | - | CSPAWN 4, @8 }
  { - | SINDEX p3, [291.8.2/0.0.886/0.0.0/0.1], linear, 0 | - }
  { - | SSCATTR [p3], r2, 37 | CMERGE.vote r0, 0 }

.sentron n0s4, id=4, home=0.0.0/0.0.0/0.0.0/4.0, dormant
  { - | - | CLOOP l0, 30, @9 }
  { - | - | CSEND m3, 10 } :l0

.sentron n0s8, id=8, home=0.0.0/0.0.0/0.0.0/8.0, start
  { - | - | - }

.sentron n0s10, id=10, home=0.0.0/0.0.0/0.0.0/10.0, start
  { - | SINDEX p1, [42.0.0/0.0.351/0.0.0/0.3], linear, 0 | - }
  { - | - | CLOOP l1, 30, @13 }
  { - | - | CRECV r6, 4 } :l1
  { - | - | CLOOP l2, 29, @15 }
  { - | SGATHER.m r3, [p1], 42, at 10 | - } :l2
  { - | - | - }
.end
