; Without a PTC latency an access can arrive before one that was issued earlier.
; machine: dlen = 256 bits
; machine: cores = 2
; machine: ptc_hit = 0 cycles
; machine: l3_bytes = 3328 bytes
; machine: l3_ways = 13
.dlen 256
.region private1, private, core=1, node=all, lo=316.4.0/0.0.364/0.0.0/0.2, extent=4
.region rom3, rom, node=all, lo=344.0.0/0.0.1888/0.0.0/0.4, extent=4

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | SINDEX p1, [346.1.2/0.0.1888/0.0.0/0.4], linear, 0 | - }
  { - | SINDEX p2, [347.3.3/0.0.1888/0.0.0/0.4+32], linear, 0 | - }
  { - | SGATHER.m r7, [p1], 32 | - }
  { - | SGATHER r13, [p2], 11 | - }

.sentron n0s3, id=3, home=0.0.0/0.0.0/0.0.0/3.0, start
  { - | - | - }
  { - | - | - }
  { - | SSCATTR [320.5.3/0.0.364/0.0.0/0.2+22], r0, 32 | - }
.end
