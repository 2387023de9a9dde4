; plain run: r13 of n0s15: byte 4: engine 0xc9, stepper 0x00
; machine: dlen = 64 bits
; run: untimed
.dlen 64
.region private6, private, core=7, node=all, lo=116.8.0/0.0.955/0.0.0/0.7, extent=3
.group 2, 1, 2, 4, 7, 8, 10, 11, 12, 14
.init n0s15.r13 = i64 -7455580626453901879

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | CSPAWN 2, @7 }  ; @0
  { - | - | CBAR 2 }  ; @1
  { - | - | CREDUCE.f32.xor r6, r9, 2 }  ; @2
  { - | - | CLOOP l0, 6, @4 }  ; @3
  { - | - | CCAST r6, r12, 2, 5 } :l0  ; @4
  { - | - | CLOOP l3, 3, @6 }  ; @5
  { - | - | CREDUCE.i32.max r5, r4, 2 } :l3  ; @6

.sentron n0s2, id=2, home=0.0.0/0.0.0/0.0.0/2.0, dormant
  { - | - | CSPAWN 15, @63 }  ; @7
  { - | - | CBAR 2 }  ; @8
  { - | - | CREDUCE.f32.xor r1, r9, 2 }  ; @9
  { - | - | CLOOP l1, 6, @11 }  ; @10
  { - | - | CCAST r5, r0, 2, 5 } :l1  ; @11
  { - | - | CLOOP l0, 3, @13 }  ; @12
  { - | - | CREDUCE.i32.max r13, r15, 2 } :l0  ; @13

.sentron n0s4, id=4, home=0.0.0/0.0.0/0.0.0/4.0, start
  { - | - | CSPAWN 13, @51 }  ; @14
  { - | - | CBAR 2 }  ; @15
  { - | - | CREDUCE.f32.xor r5, r9, 2 }  ; @16
  { - | - | CLOOP l2, 6, @18 }  ; @17
  { - | - | CCAST r11, r13, 2, 5 } :l2  ; @18
  { - | - | CLOOP l3, 3, @20 }  ; @19
  { - | - | CREDUCE.i32.max r1, r3, 2 } :l3  ; @20

.sentron n0s7, id=7, home=0.0.0/0.0.0/0.0.0/7.0, start
  { - | - | CBAR 2 }  ; @21
  { - | - | CREDUCE.f32.xor r9, r4, 2 }  ; @22
  { - | - | CLOOP l3, 6, @24 }  ; @23
  { - | - | CCAST r6, r3, 2, 5 } :l3  ; @24
  { - | - | CLOOP l2, 3, @26 }  ; @25
  { - | - | CREDUCE.i32.max r0, r1, 2 } :l2  ; @26

.sentron n0s8, id=8, home=0.0.0/0.0.0/0.0.0/8.0, start
  { - | - | CBAR 2 }  ; @27
  { - | - | CREDUCE.f32.xor r2, r3, 2 }  ; @28
  { - | - | CLOOP l2, 6, @30 }  ; @29
  { - | - | CCAST r4, r8, 2, 5 } :l2  ; @30
  { - | - | CLOOP l2, 3, @32 }  ; @31
  { - | - | CREDUCE.i32.max r2, r9, 2 } :l2  ; @32

.sentron n0s10, id=10, home=0.0.0/0.0.0/0.0.0/10.0, start
  { - | - | CBAR 2 }  ; @33
  { - | - | CREDUCE.f32.xor r2, r3, 2 }  ; @34
  { - | - | CLOOP l2, 6, @36 }  ; @35
  { - | - | CCAST r3, r4, 2, 5 } :l2  ; @36
  { - | - | CLOOP l3, 3, @38 }  ; @37
  { - | - | CREDUCE.i32.max r1, r0, 2 } :l3  ; @38

.sentron n0s11, id=11, home=0.0.0/0.0.0/0.0.0/11.0, start
  { - | - | CBAR 2 }  ; @39
  { - | - | CREDUCE.f32.xor r7, r9, 2 }  ; @40
  { - | - | CLOOP l1, 6, @42 }  ; @41
  { - | - | CCAST r11, r14, 2, 5 } :l1  ; @42
  { - | - | CLOOP l2, 3, @44 }  ; @43
  { - | - | CREDUCE.i32.max r3, r15, 2 } :l2  ; @44

.sentron n0s12, id=12, home=0.0.0/0.0.0/0.0.0/12.0, start
  { - | - | CBAR 2 }  ; @45
  { - | - | CREDUCE.f32.xor r8, r9, 2 }  ; @46
  { - | - | CLOOP l0, 6, @48 }  ; @47
  { - | - | CCAST r10, r7, 2, 5 } :l0  ; @48
  { - | - | CLOOP l1, 3, @50 }  ; @49
  { - | - | CREDUCE.i32.max r3, r0, 2 } :l1  ; @50

.sentron n0s13, id=13, home=0.0.0/0.0.0/0.0.0/13.0, dormant
  { - | - | CLOOP l1, 5, @52 }  ; @51
  { - | - | - } :l1  ; @52
  { - | - | CSLICE 5, d9, 13, 18 }  ; @53
  { - | - | CBAR 5 }  ; @54

.sentron n0s14, id=14, home=0.0.0/0.0.0/0.0.0/14.0, start
  { - | - | CBAR 2 }  ; @55
  { - | - | CREDUCE.f32.xor r0, r5, 2 }  ; @56
  { - | - | CLOOP l0, 6, @58 }  ; @57
  { - | - | CCAST r6, r8, 2, 5 } :l0  ; @58
  { - | - | CLOOP l2, 3, @60 }  ; @59
  { - | - | CREDUCE.i32.max r15, r11, 2 } :l2  ; @60
  { - | - | CSLICE 5, d9, 13, 18 }  ; @61
  { - | - | CBAR 5 }  ; @62

.sentron n0s15, id=15, home=0.0.0/0.0.0/0.0.0/15.0, dormant
  { DMOV.i32 r2, 4 | - | - }  ; @63
  { - | - | CLOOP l2, r2, @66 }  ; @64
  { - | SSCATTR [116.8.1/0.0.955/0.0.0/0.7], r13, 8 | - }  ; @65
  { - | SGATHER r13, [116.8.1/0.0.955/0.0.0/0.7], 5, at 2 | - } :l2  ; @66
  { - | - | CSLICE 5, d9, 13, 18 }  ; @67
  { - | - | CBAR 5 }  ; @68
.end
