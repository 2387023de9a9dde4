; A scatter on its walk arrives after accesses that the barrier beside it lets others make.
; machine: dlen = 256 bits
; machine: ptc_miss = 28 cycles
; machine: curve = hilbert
; machine: l1_bytes = 0 bytes
; machine: l2_bytes = 256 bytes
; machine: l2_ways = 1
; machine: l3_bytes = 1920 bytes
; machine: l3_ways = 15
.dlen 256
.region shared0, shared, node=all, lo=44.8.0/0.0.1105/0.0.0/0.1, extent=35
.region private4, private, core=4, node=all, lo=140.0.0/0.0.868/0.0.0/0.5, extent=3
.group 2, 0, 1, 2, 3, 4, 6, 7, 9, 11, 12, 13, 14, 15

.sentron n0s0, id=0, start
  { - | - | CBAR 2 }

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | CBAR 2 }

.sentron n0s2, id=2, home=0.0.0/0.0.0/0.0.0/2.0, start
  { - | - | CBAR 2 }

.sentron n0s3, id=3, home=0.0.0/0.0.0/0.0.0/3.0, start
  { - | - | CBAR 2 }

.sentron n0s4, id=4, home=0.0.0/0.0.0/0.0.0/4.0, start
  { - | - | CBAR 2 }

.sentron n0s6, id=6, home=0.0.0/0.0.0/0.0.0/6.0, start
  { - | - | CBAR 2 }

.sentron n0s7, id=7, home=0.0.0/0.0.0/0.0.0/7.0, start
  { - | - | CBAR 2 }

.sentron n0s9, id=9, home=0.0.0/0.0.0/0.0.0/9.0, start
  { - | - | CBAR 2 }

.sentron n0s11, id=11, home=0.0.0/0.0.0/0.0.0/11.0, start
  { - | SINDEX p0, [122.9.0/0.0.1105/0.0.0/0.1+40], linear, 0 | - }
  { - | SINDEX p1, [170.9.2/0.0.1105/0.0.0/0.1+8], linear, 0 | - }
  { - | SGATHER r12, [p0], 24 | - }
  { DANDN.i32 r10, r12, r2 | SSCATTR [p1], r10, 32 | CBAR 2 }

.sentron n0s12, id=12, home=0.0.0/0.0.0/0.0.0/12.0, start
  { - | SINDEX p1, [145.3.3/0.0.868/0.0.0/0.5], linear, 0 | - }
  { - | SINDEX p4, [151.0.0/0.0.868/0.0.0/0.5], linear, 0 | - }
  { - | SGATHER r8, [p4], 32 | - }
  { - | SGATHER r1, [p1], 19 | - }
  { - | - | CBAR 2 }
  { - | SGATHER.m r5, [p4], 32 | - }

.sentron n0s13, id=13, home=0.0.0/0.0.0/0.0.0/13.0, start
  { - | - | CBAR 2 }

.sentron n0s14, id=14, home=0.0.0/0.0.0/0.0.0/14.0, start
  { - | - | CBAR 2 }

.sentron n0s15, id=15, home=0.0.0/0.0.0/0.0.0/15.0, start
  { - | - | CBAR 2 }
.end
