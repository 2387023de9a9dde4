; The same with a merge of messages, and pages that are mapped by their first access.
; machine: cores = 3
; machine: sports = 2
; machine: memory_entries = 2 entries
; machine: lazy_mapping = yes
; machine: l3_bytes = 56 KiB
; machine: l3_ways = 7
.dlen 512
.group 0, 0, 1, 2, 3, 4, 5
.group 1, 1, 2, 3, 5
.group 3, 3, 4, 5

.sentron n0s0, id=0, start
  { - | - | CREDUCE.f32.or r13, r5, 0 }  ; @0
  { - | SSCATTR [p3], r0, 4 | - }  ; @1

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | CLOOP l1, 6, @3 }  ; @2
  { - | - | CREDUCE.i32.sum r0, r0, 1 } :l1  ; @3
  { - | - | CCAST r4, r4, 1, 2 }  ; @4
  { - | - | CREDUCE.f32.or r0, r4, 0 }  ; @5

.sentron n0s2, id=2, home=0.0.0/0.0.0/0.0.0/2.0, start
  { - | - | CLOOP l2, 6, @7 }  ; @6
  { - | - | CREDUCE.i32.sum r8, r4, 1 } :l2  ; @7
  { - | - | CCAST r2, r9, 1, 2 }  ; @8
  { - | - | CREDUCE.f32.or r1, r8, 0 }  ; @9
  { - | SGATHER r1, [170.11.3/0.0.1568/0.0.0/0.5], 12, at 31 | - }  ; @10
  { - | SGATHER.m r1, [277.0.0/0.0.1409/0.0.0/0.1+37], 5, at 25 | - }  ; @11

.sentron n0s3, id=3, home=0.0.0/0.0.0/0.0.0/3.0, start
  { - | - | CFANOUT m0, 3 }  ; @12
  { - | - | CLOOP l0, 6, @14 }  ; @13
  { - | - | CREDUCE.i32.sum r0, r7, 1 } :l0  ; @14
  { - | - | CLOOP l0, 2, @16 }  ; @15
  { - | - | CBAR 3 } :l0  ; @16
  { - | - | CCAST r2, r4, 1, 2 }  ; @17
  { - | - | CREDUCE.f32.or r0, r2, 0 }  ; @18

.sentron n0s4, id=4, home=0.0.0/0.0.0/0.0.0/4.0, start
  { - | - | CLOOP l3, 2, @20 }  ; @19
  { - | - | CBAR 3 } :l3  ; @20
  { - | - | CREDUCE.f32.or r2, r5, 0 }  ; @21
  { - | SGATHER r3, [p2], 22 | - }  ; @22
  { - | SFLUSH [p0] | CSEND m3, 5 }  ; @23
  { - | SPREFCH.l3 [p0] | CSEND m3, 5 }  ; @24

.sentron n0s5, id=5, home=0.0.0/0.0.0/0.0.0/5.0, start
  { - | - | CLOOP l1, 6, @26 }  ; @25
  { - | - | CREDUCE.i32.sum r12, r10, 1 } :l1  ; @26
  { - | - | CLOOP l2, 2, @28 }  ; @27
  { - | - | CBAR 3 } :l2  ; @28
  { - | - | CCAST r5, r9, 1, 2 }  ; @29
  { - | - | CREDUCE.f32.or r0, r3, 0 }  ; @30
  { - | SFLUSH [p4] | CMERGE.i32.vote r11, 3 }  ; @31
  { - | SGATHER r8, [p3], 21, at 41 | - }  ; @32
  { - | SPREFCH.l1 [p2] | CRECV r11, 4 }  ; @33
.end
