; plain run: r5 of n0s10: byte 8: engine 0x00, stepper 0x03
; machine: dlen = 128 bits
; run: untimed
.dlen 128
.region private3, private, core=2, node=all, lo=124.4.0/0.0.793/0.0.0/0.4, extent=1
.group 0, 5, 6, 8, 10, 14, 15
.group 1, 6, 8, 14
.group 2, 6, 10, 14, 15
.group 3, 6, 8, 14
.init n0s10.r10 = hex 03000000030000000000000003

.sentron n0s5, id=5, home=0.0.0/0.0.0/0.0.0/5.0, start
  { - | - | CSPAWN 14, @30 }  ; @0
  { - | - | CLOOP l3, 5, @2 }  ; @1
  { - | - | CBAR 0 } :l3  ; @2
  { - | - | CLOOP l0, 6, @4 }  ; @3
  { - | - | CCAST r15, r14, 0, 5 } :l0  ; @4

.sentron n0s6, id=6, home=0.0.0/0.0.0/0.0.0/6.0, start
  { - | - | CREDUCE.f32.min r1, r0, 1 }  ; @5
  { - | - | CLOOP l1, 5, @7 }  ; @6
  { - | - | CBAR 0 } :l1  ; @7
  { - | - | CREDUCE.i32.xor r2, r2, 3 }  ; @8
  { - | - | CBAR 3 }  ; @9
  { - | - | CREDUCE.i32.xor r1, r2, 2 }  ; @10
  { - | - | CLOOP l0, 6, @12 }  ; @11
  { - | - | CCAST r2, r0, 0, 5 } :l0  ; @12

.sentron n0s8, id=8, home=0.0.0/0.0.0/0.0.0/8.0, start
  { - | - | CSPAWN 10, @21 }  ; @13
  { - | - | CREDUCE.f32.min r0, r2, 1 }  ; @14
  { - | - | CLOOP l1, 5, @16 }  ; @15
  { - | - | CBAR 0 } :l1  ; @16
  { - | - | CREDUCE.i32.xor r2, r0, 3 }  ; @17
  { - | - | CBAR 3 }  ; @18
  { - | - | CLOOP l1, 6, @20 }  ; @19
  { - | - | CCAST r2, r1, 0, 5 } :l1  ; @20

.sentron n0s10, id=10, home=0.0.0/0.0.0/0.0.0/10.0, dormant
  { - | SINDEX p1, [127.4.1/0.0.793/0.0.0/0.4], linear, 0 | - }  ; @21
  { - | - | CLOOP l2, 5, @23 }  ; @22
  { - | - | CBAR 0 } :l2  ; @23
  { - | - | CREDUCE.i32.xor r1, r12, 2 }  ; @24
  { - | - | - }  ; @25
  { - | SSCATTR [p1], r10, 9, at 4 | - }  ; @26
  { - | SGATHER r5, [p1], 6, at 8 | - }  ; @27
  { - | - | CLOOP l1, 6, @29 }  ; @28
  { - | - | CCAST r10, r12, 0, 5 } :l1  ; @29

.sentron n0s14, id=14, home=0.0.0/0.0.0/0.0.0/14.0, dormant
  { - | - | CSPAWN 15, @39 }  ; @30
  { - | - | CREDUCE.f32.min r10, r0, 1 }  ; @31
  { - | - | CLOOP l1, 5, @33 }  ; @32
  { - | - | CBAR 0 } :l1  ; @33
  { - | - | CREDUCE.i32.xor r1, r14, 3 }  ; @34
  { - | - | CBAR 3 }  ; @35
  { - | - | CREDUCE.i32.xor r2, r0, 2 }  ; @36
  { - | - | CLOOP l1, 6, @38 }  ; @37
  { - | - | CCAST r9, r4, 0, 5 } :l1  ; @38

.sentron n0s15, id=15, home=0.0.0/0.0.0/0.0.0/15.0, dormant
  { - | - | CLOOP l3, 5, @40 }  ; @39
  { - | - | CBAR 0 } :l3  ; @40
  { - | - | CREDUCE.i32.xor r2, r10, 2 }  ; @41
  { - | - | CLOOP l2, 6, @43 }  ; @42
  { - | - | CCAST r2, r10, 0, 5 } :l2  ; @43
.end
