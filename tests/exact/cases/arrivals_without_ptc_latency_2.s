; The same, with a prefetch of the other context.
; machine: dlen = 256 bits
; machine: cores = 2
; machine: ptc_hit = 0 cycles
; machine: l3_bytes = 768 bytes
; machine: l3_ways = 12
.dlen 256
.region private3, private, node=all, lo=80.0.0/0.0.615/0.0.0/0.4, extent=1
.init n0s0.r15 = hex 0100000002000000000000000300000003000000000000000200000001

.sentron n0s0, id=0, start
  { - | SINDEX p3, [82.3.2/0.0.615/0.0.0/0.4], linear, 0 | - }
  { - | SPREFCH.nta [p3] | - }
  { DBR.i32 r15[0], @1 | - | - }

.sentron n0s2, id=2, home=0.0.0/0.0.0/0.0.0/2.0, start
  { - | SINDEX p0, [81.0.2/0.0.615/0.0.0/0.4+24], linear, 0 | - }
  { - | SGATHER.m r0, [p0], 32 | - }
  { - | SGATHER r0, [p4], 32 | - }
.end
