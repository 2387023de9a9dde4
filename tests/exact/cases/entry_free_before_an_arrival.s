; An entry that is free before the first arrival in the queue is free then.
; machine: dlen = 64 bits
; machine: cores = 2
; machine: memory_entries = 2 entries
; machine: latency_logic = 4 cycles
; machine: l3_bytes = 104 KiB
; machine: l3_ways = 13
; machine: l3_latency = 35 cycles
; machine: ddr_latency = 16 cycles
.dlen 64
.region shared0, shared, node=all, lo=368.8.0/0.0.984/0.0.0/0.1, extent=9
.region private3, private, core=1, node=all, lo=120.0.0/0.0.854/0.0.0/0.4, extent=1
.region rom5, rom, node=all, lo=348.0.0/0.0.1970/0.0.0/0.6, extent=3
.region shared6, shared, node=all, lo=316.4.0/0.0.1341/0.0.0/0.7, extent=7

.sentron n0s0, id=0, start
  { - | SINDEX p2, [325.7.1/0.0.1341/0.0.0/0.7], linear, 0 | - }
  { - | SINDEX p3, [390.9.0/0.0.984/0.0.0/0.1+48], linear, 0 | - }
  { - | SPREFCH.l3 [p3] | - }
  { - | - | CLOOP l1, 5, @4 }
  { - | SSCATTR [p2], r7, 8 | - } :l1

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | SINDEX p3, [342.5.0/0.0.1341/0.0.0/0.7+48], linear, 0 | - }
  { - | - | - }
  { - | - | - }
  { - | - | - }
  { - | SGATHER r1, [355.1.2/0.0.1970/0.0.0/0.6], 8 | - }
  { - | SGATHER r2, [p3], 8 | - }
  { DSUB r1, r2, r1 | - | - }
  { DHDBIND r0, r2, r1 | SPREFCH.nta [p1] | - }
  { DHDSIM r0, r1, r0 | - | - }
  { - | SSCATTR [p3], r0, 6 | - }

.sentron n0s3, id=3, home=0.0.0/0.0.0/0.0.0/3.0, start
  { - | SINDEX p0, [123.0.0/0.0.854/0.0.0/0.4+8], linear, 0 | - }
  { - | SINDEX p1, [359.1.1/0.0.1970/0.0.0/0.6+24], linear, 0 | - }
  { - | SINDEX p4, [317.5.1/0.0.1341/0.0.0/0.7], linear, 0 | - }
  { - | SSCATTR [p4], r12, 8 | - }
  { - | SGATHER r0, [121.1.0/0.0.854/0.0.0/0.4+54], 1, at 3 | - }
  { - | SSCATTR [p0], r2, 2, at 3 | - }
  { - | SGATHER r8, [p1], 8 | - }
  { - | SGATHER r10, [p1], 8 | - }
.end
