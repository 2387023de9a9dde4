; plain run: cycles of sentron n0s15: engine 3487, stepper 3488
; machine: dlen = 128 bits
.dlen 128
.region shared0, shared, node=all, lo=196.4.0/0.0.949/0.0.0/0.1, extent=14
.region private7, private, core=7, node=all, lo=368.4.0/0.0.375/0.0.0/0.8, extent=217
.region private8, private, node=all, lo=352.4.0/0.0.125/0.0.0/0.9, extent=12
.region rom9, rom, node=all, lo=196.4.0/0.0.1501/0.0.0/0.10, extent=28
.group 0, 2
.group 3, 15

.sentron n0s2, id=2, home=0.0.0/0.0.0/0.0.0/2.0, start
  { - | - | CSPAWN 7, @11 }  ; @0
  { - | SINDEX p0, [212.4.2/0.0.949/0.0.0/0.1+40], linear, 0 | - }  ; @1
  { - | SINDEX p1, [261.7.2/0.0.1501/0.0.0/0.10+8], linear, 0 | - }  ; @2
  { - | SGATHER.m r2, [p0], 2, at 2 | - }  ; @3
  { - | - | CRECV r0, 7 }  ; @4
  { - | - | CLOOP l2, 10, @7 }  ; @5
  { - | SGATHER r5, [p1], 16 | CSTEP p1, linear, 1 }  ; @6
  { - | SGATHER r5, [p0], 16 | CSTEP p0, linear, 1 } :l2  ; @7
  { - | - | CFENCE.core }  ; @8
  { - | - | CSLICE 5, d9, 1, 10 }  ; @9
  { - | - | CFANOUT m2, 5 }  ; @10

.sentron n0s7, id=7, home=0.0.0/0.0.0/0.0.0/7.0, dormant
  { - | - | CSPAWN 15, @38 }  ; @11
  { - | SINDEX p2, [226.5.0/0.0.949/0.0.0/0.1], linear, 0 | - }  ; @12
  { - | - | CLOOP l1, 16, @14 }  ; @13
  { - | SGATHER r4, [p2], 16 | CSTEP p2, linear, 1 } :l1  ; @14
  { - | - | CFANOUT m0, 0 }  ; @15
  { - | - | CRECV r5, 2 }  ; @16
  { - | - | CLOOP l0, 33, @19 }  ; @17
  { - | SGATHER r2, [p2], 16 | - }  ; @18
  { - | - | CSTEP p2, linear, 1 } :l0  ; @19
  { - | - | CLOOP l0, 2, @21 }  ; @20
  { DXOR.i32 r3, r11[0], r2[3] | - | - } :l0  ; @21

.sentron n0s8, id=8, home=0.0.0/0.0.0/0.0.0/8.0, start
  { - | SINDEX p3, [394.4.3/0.0.125/0.0.0/0.9], linear, 0 | - }  ; @22
  { - | SINDEX p5, [370.5.1/0.0.125/0.0.0/0.9+40], linear, 0 | - }  ; @23
  { - | SINDEX p1, [390.4.2/0.0.125/0.0.0/0.9], linear, 0 | - }  ; @24
  { - | - | CLOOP l3, 16, @26 }  ; @25
  { - | SGATHER r7, [p1], 16 | CSTEP p1, linear, 1 } :l3  ; @26
  { DMOV.i32 r14, 1 | - | - }  ; @27
  { DMOV.i32 r15, 2 | - | - }  ; @28
  { - | - | CLOOP l3, 3, @33 }  ; @29
  { DSEL.i32 r7, r12, r14, r6[3] | - | - }  ; @30
  { DRCP.f32 r1, r13[1] | SGATHER r0, [p5], 16 | - }  ; @31
  { DPERM r5, r1, r5 | - | - }  ; @32
  { DMOV.f32 r12, r11 | SGATHER r0, [p1], 16 | - } :l3  ; @33
  { DSUB.i32 r15, r15, r14 | - | - }  ; @34
  { - | SGATHER r11, [p3], 16 | - }  ; @35
  { DBR.i32 r15[0], @29 | - | - }  ; @36
  { - | - | CFANOUT m3, 3 }  ; @37

.sentron n0s15, id=15, home=0.0.0/0.0.0/0.0.0/15.0, dormant
  { - | - | CRECV r6, 8 }  ; @38
  { - | SINDEX p0, [859.5.3/0.0.375/0.0.0/0.8], linear, 0 | - }  ; @39
  { - | - | CLOOP l3, 44, @42 }  ; @40
  { - | SGATHER r5, [p0], 16 | - }  ; @41
  { - | - | CSTEP p0, linear, 1 } :l3  ; @42
  { - | - | CLOOP l3, 22, @44 }  ; @43
  { - | SGATHER r5, [p0], 16 | - } :l3  ; @44
  { - | - | CLOOP l3, 44, @47 }  ; @45
  { - | SGATHER r5, [p0], 16 | - }  ; @46
  { DSEL.i32 r5, r7, r3, r3 | - | - } :l3  ; @47
  { - | - | CLOOP l3, 44, @49 }  ; @48
  { - | SGATHER r5, [p0], 16 | - } :l3  ; @49
  { DDOT.i8 r3, r0, r4[2], r1 | - | - }  ; @50
.end
