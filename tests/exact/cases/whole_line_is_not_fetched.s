; A scatter of a whole line that L2 holds takes nothing from L2.
; machine: l1_bytes = 128 bytes
; machine: l1_ways = 2
.dlen 512
.region private3, private, node=all, lo=88.4.0/0.0.582/0.0.0/0.4, extent=11
.region private4, private, node=all, lo=224.4.0/0.0.1456/0.0.0/0.5, extent=4
.sentron n0s0, id=0, start
  { - | SINDEX p1, [122.5.3/0.0.582/0.0.0/0.4], linear, 0 | - }
  { - | SINDEX p2, [125.6.1/0.0.582/0.0.0/0.4+16], linear, 0 | - }
  { - | SSCATTR [p1], r5, 18, at 40 | - }
  { - | SGATHER.m r14, [226.5.0/0.0.1456/0.0.0/0.5+50], 5, at 15 | - }
  { - | SSCATTR [p2], r8, 48, at 3 | - }
  { - | SSCATTR [p1], r4, 64 | - }
.end
