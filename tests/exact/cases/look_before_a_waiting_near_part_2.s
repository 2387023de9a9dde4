; plain run: l1 hits of sentron n0s8: engine 3, stepper 2
; machine: dlen = 128 bits
.dlen 128
.region rom1, rom, node=all, lo=32.0.0/0.0.2000/0.0.0/0.2, extent=3
.region private2, private, node=all, lo=340.4.0/0.0.89/0.0.0/0.3, extent=3
.region private7, private, node=all, lo=384.4.0/0.0.1380/0.0.0/0.8, extent=5
.group 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
.group 1, 0, 1, 3, 5, 6, 8, 10, 11, 12, 13, 14
.group 2, 1, 3, 4, 6, 8, 11, 12, 15

.sentron n0s0, id=0, start
  { - | - | CBAR 0 }  ; @0
  { - | - | CREDUCE.sum r0, r1, 1 }  ; @1
  { - | - | CBAR 0 }  ; @2
  { - | - | CLOOP l1, 7, @4 }  ; @3
  { - | - | CREDUCE.sum r2, r1, 1 } :l1  ; @4
  { - | - | CBAR 1 }  ; @5
  { - | - | CBAR 1 }  ; @6

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | CBAR 0 }  ; @7
  { - | - | CREDUCE.sum r8, r6, 1 }  ; @8
  { - | - | CBAR 0 }  ; @9
  { - | - | CLOOP l1, 7, @11 }  ; @10
  { - | - | CREDUCE.sum r12, r4, 1 } :l1  ; @11
  { - | - | CBAR 1 }  ; @12
  { - | - | CBAR 1 }  ; @13
  { - | - | CBAR 2 }  ; @14

.sentron n0s2, id=2, home=0.0.0/0.0.0/0.0.0/2.0, start
  { - | - | CBAR 0 }  ; @15
  { - | - | CBAR 0 }  ; @16

.sentron n0s3, id=3, home=0.0.0/0.0.0/0.0.0/3.0, start
  { - | - | CBAR 0 }  ; @17
  { - | - | CRECV r2, 8 }  ; @18
  { - | - | CRECV r5, 8 }  ; @19
  { - | - | CRECV r8, 8 }  ; @20
  { - | - | CREDUCE.sum r1, r11, 1 }  ; @21
  { - | - | CBAR 0 }  ; @22
  { - | - | CLOOP l3, 7, @24 }  ; @23
  { - | - | CREDUCE.sum r6, r0, 1 } :l3  ; @24
  { - | - | CBAR 1 }  ; @25
  { - | - | CBAR 1 }  ; @26
  { - | - | CBAR 2 }  ; @27

.sentron n0s4, id=4, home=0.0.0/0.0.0/0.0.0/4.0, start
  { - | - | CBAR 0 }  ; @28
  { - | - | CBAR 0 }  ; @29
  { - | - | CBAR 2 }  ; @30
  { - | - | CSLICE 5, d9, 4, 17 }  ; @31
  { - | - | CLOOP l0, 2, @33 }  ; @32
  { - | - | CBAR 5 } :l0  ; @33
  { - | - | CBAR 5 }  ; @34

.sentron n0s5, id=5, home=0.0.0/0.0.0/0.0.0/5.0, start
  { - | - | CBAR 0 }  ; @35
  { - | - | CREDUCE.sum r9, r2, 1 }  ; @36
  { - | - | CBAR 0 }  ; @37
  { - | - | CLOOP l1, 7, @39 }  ; @38
  { - | - | CREDUCE.sum r2, r1, 1 } :l1  ; @39
  { - | - | CBAR 1 }  ; @40
  { - | - | CBAR 1 }  ; @41
  { - | - | CSLICE 5, d9, 4, 17 }  ; @42
  { - | - | CLOOP l3, 2, @44 }  ; @43
  { - | - | CBAR 5 } :l3  ; @44
  { - | - | CBAR 5 }  ; @45

.sentron n0s6, id=6, home=0.0.0/0.0.0/0.0.0/6.0, start
  { - | - | CLOOP l2, 23, @47 }  ; @46
  { - | - | CRECV r9, 11 } :l2  ; @47
  { - | - | CBAR 0 }  ; @48
  { - | - | CREDUCE.sum r3, r1, 1 }  ; @49
  { - | - | CBAR 0 }  ; @50
  { - | - | CLOOP l3, 7, @52 }  ; @51
  { - | - | CREDUCE.sum r14, r4, 1 } :l3  ; @52
  { - | - | CBAR 1 }  ; @53
  { - | - | CBAR 1 }  ; @54
  { - | - | CBAR 2 }  ; @55
  { - | - | CSLICE 5, d9, 4, 17 }  ; @56
  { - | - | CLOOP l3, 2, @58 }  ; @57
  { - | - | CBAR 5 } :l3  ; @58
  { - | - | CBAR 5 }  ; @59

.sentron n0s7, id=7, home=0.0.0/0.0.0/0.0.0/7.0, start
  { - | - | CBAR 0 }  ; @60
  { - | - | CBAR 0 }  ; @61
  { - | - | CSLICE 5, d9, 4, 17 }  ; @62
  { - | - | CLOOP l3, 2, @64 }  ; @63
  { - | - | CBAR 5 } :l3  ; @64
  { - | - | CBAR 5 }  ; @65

.sentron n0s8, id=8, home=0.0.0/0.0.0/0.0.0/8.0, start
  { - | SINDEX p1, [384.4.3/0.0.1380/0.0.0/0.8], linear, 0 | - }  ; @66
  { - | SINDEX p2, [43.2.2/0.0.2000/0.0.0/0.2], linear, 0 | - }  ; @67
  { - | SINDEX p5, [392.4.1/0.0.1380/0.0.0/0.8], linear, 0 | - }  ; @68
  { - | SGATHER r9, [p2], 16 | CSTEP p2, linear, 1 }  ; @69
  { - | - | CSTEP p2, linear, -1 }  ; @70
  { - | - | CBAR 0 }  ; @71
  { - | - | CSEND m3, 3 }  ; @72
  { - | SGATHER.m r8, [p1], 16 | CSEND m3, 3 }  ; @73
  { - | SSCATTR [340.4.1/0.0.89/0.0.0/0.3+31], r8, 2, at 12 | - }  ; @74
  { - | SGATHER r11, [p2], 9 | CSEND m0, 3 }  ; @75
  { - | SASSOC.put r15, [p7] | - }  ; @76
  { DTACC r15, r10, r11 | SGATHER r8, [p5], 16 | - }  ; @77
  { - | SASSOC.first r15, [526.600.602/601.601.600/601.602.802/601.1257] | - }  ; @78
  { - | SGATHER r7, [p5], 10, at 4 | CPACK m3, r15, r7[0] }  ; @79
  { DPERM r14, r1, r8 | SGATHER r4, [p5], 16 | - }  ; @80
  { - | - | CREDUCE.sum r1, r8, 1 }  ; @81
  { - | - | CBAR 0 }  ; @82
  { - | - | CLOOP l2, 7, @84 }  ; @83
  { - | - | CREDUCE.sum r8, r9, 1 } :l2  ; @84
  { - | - | CBAR 1 }  ; @85
  { - | - | CBAR 1 }  ; @86
  { - | - | CBAR 2 }  ; @87
  { - | - | CSLICE 5, d9, 4, 17 }  ; @88
  { - | - | CLOOP l3, 2, @90 }  ; @89
  { - | - | CBAR 5 } :l3  ; @90
  { - | - | CBAR 5 }  ; @91

.sentron n0s9, id=9, home=0.0.0/0.0.0/0.0.0/9.0, start
  { - | - | CBAR 0 }  ; @92
  { - | - | CBAR 0 }  ; @93
  { - | - | CSLICE 5, d9, 4, 17 }  ; @94
  { - | - | CLOOP l1, 2, @96 }  ; @95
  { - | - | CBAR 5 } :l1  ; @96
  { - | - | CBAR 5 }  ; @97

.sentron n0s10, id=10, home=0.0.0/0.0.0/0.0.0/10.0, start
  { - | - | CBAR 0 }  ; @98
  { - | - | CREDUCE.sum r3, r1, 1 }  ; @99
  { - | - | CBAR 0 }  ; @100
  { - | - | CLOOP l2, 7, @102 }  ; @101
  { - | - | CREDUCE.sum r5, r9, 1 } :l2  ; @102
  { - | - | CBAR 1 }  ; @103
  { - | - | CBAR 1 }  ; @104
  { - | - | CSLICE 5, d9, 4, 17 }  ; @105
  { - | - | CLOOP l3, 2, @107 }  ; @106
  { - | - | CBAR 5 } :l3  ; @107
  { - | - | CBAR 5 }  ; @108

.sentron n0s11, id=11, home=0.0.0/0.0.0/0.0.0/11.0, start
  { - | - | CLOOP l0, 23, @110 }  ; @109
  { - | - | CSEND m2, 6 } :l0  ; @110
  { - | - | CBAR 0 }  ; @111
  { - | - | CREDUCE.sum r3, r10, 1 }  ; @112
  { - | - | CBAR 0 }  ; @113
  { - | - | CLOOP l2, 7, @115 }  ; @114
  { - | - | CREDUCE.sum r13, r1, 1 } :l2  ; @115
  { - | - | CBAR 1 }  ; @116
  { - | - | CBAR 1 }  ; @117
  { - | - | CBAR 2 }  ; @118
  { - | - | CSLICE 5, d9, 4, 17 }  ; @119
  { - | - | CLOOP l1, 2, @121 }  ; @120
  { - | - | CBAR 5 } :l1  ; @121
  { - | - | CBAR 5 }  ; @122

.sentron n0s12, id=12, home=0.0.0/0.0.0/0.0.0/12.0, start
  { - | - | CBAR 0 }  ; @123
  { - | - | CREDUCE.sum r1, r0, 1 }  ; @124
  { - | - | CBAR 0 }  ; @125
  { - | - | CLOOP l1, 7, @127 }  ; @126
  { - | - | CREDUCE.sum r1, r0, 1 } :l1  ; @127
  { - | - | CBAR 1 }  ; @128
  { - | - | CBAR 1 }  ; @129
  { - | - | CBAR 2 }  ; @130
  { - | - | CSLICE 5, d9, 4, 17 }  ; @131
  { - | - | CLOOP l2, 2, @133 }  ; @132
  { - | - | CBAR 5 } :l2  ; @133
  { - | - | CBAR 5 }  ; @134

.sentron n0s13, id=13, home=0.0.0/0.0.0/0.0.0/13.0, start
  { - | - | CBAR 0 }  ; @135
  { - | - | CREDUCE.sum r10, r11, 1 }  ; @136
  { - | - | CBAR 0 }  ; @137
  { - | - | CLOOP l0, 7, @139 }  ; @138
  { - | - | CREDUCE.sum r0, r11, 1 } :l0  ; @139
  { - | - | CBAR 1 }  ; @140
  { - | - | CBAR 1 }  ; @141
  { - | - | CSLICE 5, d9, 4, 17 }  ; @142
  { - | - | CLOOP l0, 2, @144 }  ; @143
  { - | - | CBAR 5 } :l0  ; @144
  { - | - | CBAR 5 }  ; @145

.sentron n0s14, id=14, home=0.0.0/0.0.0/0.0.0/14.0, start
  { - | - | CBAR 0 }  ; @146
  { - | - | CREDUCE.sum r7, r13, 1 }  ; @147
  { - | - | CBAR 0 }  ; @148
  { - | - | CLOOP l3, 7, @150 }  ; @149
  { - | - | CREDUCE.sum r1, r4, 1 } :l3  ; @150
  { - | - | CBAR 1 }  ; @151
  { - | - | CBAR 1 }  ; @152
  { - | - | CSLICE 5, d9, 4, 17 }  ; @153
  { - | - | CLOOP l3, 2, @155 }  ; @154
  { - | - | CBAR 5 } :l3  ; @155
  { - | - | CBAR 5 }  ; @156

.sentron n0s15, id=15, home=0.0.0/0.0.0/0.0.0/15.0, start
  { - | - | CBAR 0 }  ; @157
  { - | - | CBAR 0 }  ; @158
  { - | - | CBAR 2 }  ; @159
  { - | - | CSLICE 5, d9, 4, 17 }  ; @160
  { - | - | CLOOP l2, 2, @162 }  ; @161
  { - | - | CBAR 5 } :l2  ; @162
  { - | - | CBAR 5 }  ; @163
.end
