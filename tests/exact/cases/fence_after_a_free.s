; A fence right after SFREE does not wait for the discarding of its lines: its next SIW is due before.
; machine: clock = 1 GHz
; machine: memory_entries = 2 entries
; machine: ptc_entries = 96 entries
; machine: ptc_ways = 3
; machine: ptc_hit = 3 cycles
; machine: ptc_miss = 35 cycles
; machine: l1_bytes = 448 bytes
; machine: l1_ways = 7
; machine: l3_bytes = 960 bytes
; machine: l3_ways = 15
; machine: ddr_latency = 30 cycles
.dlen 512
.region shared0, shared, node=all, lo=280.8.0/0.0.1187/0.0.0/0.1, extent=2
.region private2, private, core=2, node=all, lo=88.8.0/0.0.602/0.0.0/0.3, extent=168

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | - }  ; @0
  { - | - | - }  ; @1
  { - | SINDEX p1, [286.11.3/0.0.1187/0.0.0/0.1+24], linear, 0 | - }  ; @2
  { - | - | - }  ; @3
  { - | SINDEX p3, [286.9.2/0.0.1187/0.0.0/0.1+24], linear, 0 | - }  ; @4
  { - | SINDEX p4, [287.10.1/0.0.1187/0.0.0/0.1], linear, 0 | - }  ; @5
  { - | - | - }  ; @6
  { - | - | - }  ; @7
  { - | - | - }  ; @8
  { - | SSCATTR [p3], r6, 7, at 19 | - }  ; @9
  { - | SGATHER.m r10, [p1], 38, at 26 | - }  ; @10
  { - | SSCATTR [p4], r10, 63 | CFENCE.node }  ; @11
  { - | - | - }  ; @12
  { - | SSCATTR [281.11.3/0.0.1187/0.0.0/0.1+37], r7, 27, at 19 | - }  ; @13
  { - | SALLOC.shared r3, [0.0.0/0.0.0/0.0.0/1.1601], 3 | - }  ; @14
  { - | SPREFCH.nta [7.2.2/0.0.0/0.0.0/1.1601] | - }  ; @15
  { - | SFLUSH [1.1.0/0.0.0/0.0.0/1.1601] | - }  ; @16
  { - | - | CFENCE.core }  ; @17
  { - | SFREE [0.0.0/0.0.0/0.0.0/1.1601] | - }  ; @18
  { - | - | CFENCE.thread }  ; @19
  { - | - | - }  ; @20

.sentron n0s2, id=2, home=0.0.0/0.0.0/0.0.0/2.0, start
  { - | SINDEX p1, [285.8.0/0.0.1187/0.0.0/0.1], linear, 0 | - }  ; @21
  { - | SINDEX p2, [687.10.0/0.0.602/0.0.0/0.3], linear, 0 | - }  ; @22
  { - | SINDEX p3, [185.8.0/0.0.602/0.0.0/0.3], linear, 0 | - }  ; @23
  { - | - | - }  ; @24
  { - | - | - }  ; @25
  { - | - | - }  ; @26
  { - | - | - }  ; @27
  { - | - | - }  ; @28
  { - | SGATHER r2, [281.9.0/0.0.1187/0.0.0/0.1], 64 | - }  ; @29
  { - | SPREFCH.l1 [p5] | - }  ; @30
  { - | SGATHER r3, [88.9.0/0.0.602/0.0.0/0.3], 64 | - }  ; @31
  { - | - | CLOOP l1, 2, @36 }  ; @32
  { - | SGATHER r9, [p2], 64 | - }  ; @33
  { - | SGATHER r15, [p1], 64 | - }  ; @34
  { - | SGATHER.m r15, [p2], 64 | - }  ; @35
  { DDOT.i8 r0, r14, r15[14], r7 | SGATHER r8, [p3], 64 | - } :l1  ; @36
.end
