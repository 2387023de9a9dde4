; What a context waited for is charged before the other one takes the memory entry.
; machine: dlen = 64 bits
; machine: cores = 2
; machine: memory_entries = 3 entries
; machine: l1_bytes = 6 KiB
; machine: l1_ways = 6
; machine: l2_bytes = 14 KiB
; machine: l2_ways = 7
; machine: l3_bytes = 4608 bytes
; machine: l3_ways = 9
.dlen 64
.region shared0, shared, node=all, lo=108.0.0/0.0.1387/0.0.0/0.1, extent=4
.region private2, private, node=all, lo=264.8.0/0.0.1851/0.0.0/0.3, extent=3
.region shared4, shared, node=all, lo=48.4.0/0.0.761/0.0.0/0.5, extent=3

.sentron n0s0, id=0, start
  { - | SINDEX p0, [121.0.3/0.0.1387/0.0.0/0.1+32], linear, 0 | - }
  { - | SINDEX p2, [274.9.1/0.0.1851/0.0.0/0.3], linear, 0 | - }
  { - | SSCATTR [p0], r4, 1, at 4 | - }
  { - | SGATHER r3, [51.4.0/0.0.761/0.0.0/0.5+19], 8 | - }
  { - | SGATHER r2, [p2], 5 | - }

.sentron n0s2, id=2, home=0.0.0/0.0.0/0.0.0/2.0, start
  { - | SINDEX p1, [266.10.3/0.0.1851/0.0.0/0.3], linear, 0 | - }
  { - | - | - }
  { - | - | - }
  { - | SSCATTR [p1], r9, 4 | - }
.end
