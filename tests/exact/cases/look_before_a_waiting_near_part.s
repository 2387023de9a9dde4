; plain run: l1 hits of sentron n0s12: engine 2, stepper 1
; machine: ptc_entries = 7 entries
; machine: ptc_ways = 7
; machine: ptc_hit = 0 cycles
; machine: lazy_mapping = yes
.dlen 512
.region rom8, rom, node=all, lo=12.8.0/0.0.877/0.0.0/0.9, extent=29.1.3
.group 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
.group 2, 0, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12
.group 3, 0, 1, 3, 4, 7, 8, 10, 11, 12

.sentron n0s0, id=0, start
  { - | - | CCAST r8, r1, 3, 0 }  ; @0
  { - | - | CCAST r3, r2, 2, 7 }  ; @1
  { - | - | CBAR 3 }  ; @2
  { - | - | CLOOP l0, 3, @4 }  ; @3
  { - | - | CREDUCE.i32.and r8, r7, 0 } :l0  ; @4

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | CCAST r14, r5, 3, 0 }  ; @5
  { - | - | CBAR 3 }  ; @6
  { - | - | CLOOP l1, 3, @8 }  ; @7
  { - | - | CREDUCE.i32.and r12, r13, 0 } :l1  ; @8

.sentron n0s2, id=2, home=0.0.0/0.0.0/0.0.0/2.0, start
  { - | - | CCAST r4, r3, 2, 7 }  ; @9
  { - | - | CLOOP l1, 3, @11 }  ; @10
  { - | - | CREDUCE.i32.and r4, r4, 0 } :l1  ; @11

.sentron n0s3, id=3, home=0.0.0/0.0.0/0.0.0/3.0, start
  { - | - | CCAST r4, r3, 3, 0 }  ; @12
  { - | - | CCAST r3, r4, 2, 7 }  ; @13
  { - | - | CBAR 3 }  ; @14
  { - | - | CLOOP l3, 3, @16 }  ; @15
  { - | - | CREDUCE.i32.and r1, r1, 0 } :l3  ; @16

.sentron n0s4, id=4, home=0.0.0/0.0.0/0.0.0/4.0, start
  { - | - | CCAST r11, r4, 3, 0 }  ; @17
  { - | - | CCAST r14, r8, 2, 7 }  ; @18
  { - | - | CBAR 3 }  ; @19
  { - | - | CLOOP l0, 3, @21 }  ; @20
  { - | - | CREDUCE.i32.and r3, r6, 0 } :l0  ; @21

.sentron n0s5, id=5, home=0.0.0/0.0.0/0.0.0/5.0, start
  { - | - | CCAST r6, r15, 2, 7 }  ; @22
  { - | - | CLOOP l1, 3, @24 }  ; @23
  { - | - | CREDUCE.i32.and r14, r15, 0 } :l1  ; @24

.sentron n0s6, id=6, home=0.0.0/0.0.0/0.0.0/6.0, start
  { - | - | CCAST r1, r7, 2, 7 }  ; @25
  { - | - | CLOOP l3, 3, @27 }  ; @26
  { - | - | CREDUCE.i32.and r2, r0, 0 } :l3  ; @27

.sentron n0s7, id=7, home=0.0.0/0.0.0/0.0.0/7.0, start
  { - | - | CCAST r10, r7, 3, 0 }  ; @28
  { - | - | CCAST r14, r10, 2, 7 }  ; @29
  { - | - | CBAR 3 }  ; @30
  { - | - | CLOOP l2, 3, @32 }  ; @31
  { - | - | CREDUCE.i32.and r12, r0, 0 } :l2  ; @32

.sentron n0s8, id=8, home=0.0.0/0.0.0/0.0.0/8.0, start
  { - | - | CCAST r5, r11, 3, 0 }  ; @33
  { - | - | CCAST r1, r11, 2, 7 }  ; @34
  { - | - | CBAR 3 }  ; @35
  { - | - | CLOOP l1, 3, @37 }  ; @36
  { - | - | CREDUCE.i32.and r13, r7, 0 } :l1  ; @37

.sentron n0s9, id=9, home=0.0.0/0.0.0/0.0.0/9.0, start
  { - | - | CCAST r1, r3, 2, 7 }  ; @38
  { - | - | CLOOP l1, 3, @40 }  ; @39
  { - | - | CREDUCE.i32.and r1, r0, 0 } :l1  ; @40

.sentron n0s10, id=10, home=0.0.0/0.0.0/0.0.0/10.0, start
  { - | - | CCAST r8, r7, 3, 0 }  ; @41
  { - | - | CBAR 3 }  ; @42
  { - | - | CLOOP l2, 3, @44 }  ; @43
  { - | - | CREDUCE.i32.and r6, r5, 0 } :l2  ; @44

.sentron n0s11, id=11, home=0.0.0/0.0.0/0.0.0/11.0, start
  { - | - | CCAST r3, r5, 3, 0 }  ; @45
  { - | - | CCAST r6, r7, 2, 7 }  ; @46
  { - | - | CBAR 3 }  ; @47
  { - | - | CLOOP l1, 3, @49 }  ; @48
  { - | - | CREDUCE.i32.and r0, r8, 0 } :l1  ; @49

.sentron n0s12, id=12, home=0.0.0/0.0.0/0.0.0/12.0, start
  { - | SINDEX p5, [98.9.8/0.0.877/0.0.0/0.9+40], linear, 0 | - }  ; @50
  { - | - | CLOOP l1, 2, @54 }  ; @51
  { - | SPREFCH.nta [p5] | - }  ; @52
  { - | SGATHER r3, [p5], 21 | - }  ; @53
  { - | SGATHER r11, [p4], 48, at 10 | - } :l1  ; @54
  { - | - | CCAST r6, r10, 3, 0 }  ; @55
  { - | - | CCAST r3, r4, 2, 7 }  ; @56
  { - | - | CBAR 3 }  ; @57
  { - | - | CLOOP l1, 3, @59 }  ; @58
  { - | - | CREDUCE.i32.and r2, r13, 0 } :l1  ; @59

.sentron n0s13, id=13, home=0.0.0/0.0.0/0.0.0/13.0, start
  { - | - | CLOOP l1, 3, @61 }  ; @60
  { - | - | CREDUCE.i32.and r1, r1, 0 } :l1  ; @61
.end
