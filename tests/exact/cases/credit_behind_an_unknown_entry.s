; A scatter beside a send waits for credit. Its core's other context takes the memory entry that is
; free, and when the next one is depends on an arrival: whether it waits for an entry or for credit
; is not known until that has come.
; machine: memory_entries = 2 entries
; machine: queue_depth = 2 entries
; machine: latency_step = 4 cycles
; machine: latency_assoc = 10 cycles
; machine: l1_latency = 3 cycles
; machine: l3_latency = 22 cycles
; machine: ddr_latency = 46 cycles
.dlen 512
.region shared0, shared, node=all, lo=352.0.0/0.0.1965/0.0.0/0.1, extent=3
.region private7, private, core=5, node=all, lo=304.0.0/0.0.1724/0.0.0/0.8, extent=21
.region rom12, rom, node=all, lo=264.8.0/0.0.1846/0.0.0/0.13, extent=3
.group 1, 2, 3, 4, 5, 8, 9, 13, 14, 15
.group 2, 0, 1, 2, 3, 5, 6, 7, 11, 12, 13, 14
.group 3, 1, 3, 4, 7, 8, 10, 11, 12, 13, 14

.sentron n0s0, id=0, start
  { - | - | CREDUCE.f32.max r13, r14, 2 }  ; @0
  { - | - | CREDUCE.f32.sum r5, r2, 2 }  ; @1

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | CREDUCE.f32.max r2, r7, 2 }  ; @2
  { - | - | CREDUCE.f32.sum r8, r3, 2 }  ; @3
  { - | - | CCAST r13, r4, 3, 4 }  ; @4

.sentron n0s2, id=2, home=0.0.0/0.0.0/0.0.0/2.0, start
  { - | - | CREDUCE.f32.max r4, r5, 2 }  ; @5
  { - | - | CREDUCE.f32.sum r5, r4, 2 }  ; @6
  { - | - | CBAR 1 }  ; @7

.sentron n0s3, id=3, home=0.0.0/0.0.0/0.0.0/3.0, start
  { - | - | CREDUCE.f32.max r0, r6, 2 }  ; @8
  { - | - | CREDUCE.f32.sum r4, r8, 2 }  ; @9
  { - | - | CBAR 1 }  ; @10
  { - | - | CCAST r7, r13, 3, 4 }  ; @11

.sentron n0s4, id=4, home=0.0.0/0.0.0/0.0.0/4.0, start
  { - | - | CBAR 1 }  ; @12
  { - | - | CCAST r8, r12, 3, 4 }  ; @13

.sentron n0s5, id=5, home=0.0.0/0.0.0/0.0.0/5.0, start
  { - | - | CREDUCE.f32.max r10, r7, 2 }  ; @14
  { - | - | CREDUCE.f32.sum r2, r3, 2 }  ; @15
  { - | - | CBAR 1 }  ; @16

.sentron n0s6, id=6, home=0.0.0/0.0.0/0.0.0/6.0, start
  { - | SINDEX p1, [355.3.3/0.0.1965/0.0.0/0.1], linear, 0 | - }  ; @17
  { - | - | CREDUCE.f32.max r0, r13, 2 }  ; @18
  { - | - | CSLICE 5, d9, 6, 14 }  ; @19
  { - | - | CREDUCE.f32.sum r0, r12, 2 }  ; @20
  { - | - | CCAST r14, r7, 5, 7 }  ; @21
  { - | - | CLOOP l2, 6, @23 }  ; @22
  { - | - | CREDUCE.i32.and r7, r4, 5 } :l2  ; @23
  { - | - | CLOOP l0, 29, @25 }  ; @24
  { - | SSCATTR [p1], r6, 64 | CSEND m0, 7 } :l0  ; @25

.sentron n0s7, id=7, home=0.0.0/0.0.0/0.0.0/7.0, start
  { - | - | CREDUCE.f32.max r4, r4, 2 }  ; @26
  { - | - | CSLICE 5, d9, 6, 14 }  ; @27
  { - | - | CREDUCE.f32.sum r0, r3, 2 }  ; @28
  { - | - | CCAST r6, r2, 5, 7 }  ; @29
  { - | - | CLOOP l3, 6, @31 }  ; @30
  { - | - | CREDUCE.i32.and r4, r2, 5 } :l3  ; @31
  { - | - | CCAST r0, r3, 3, 4 }  ; @32
  { - | - | CLOOP l3, 29, @34 }  ; @33
  { - | - | CRECV r1, 6 } :l3  ; @34

.sentron n0s8, id=8, home=0.0.0/0.0.0/0.0.0/8.0, start
  { - | - | CSLICE 5, d9, 6, 14 }  ; @35
  { - | - | CBAR 1 }  ; @36
  { - | - | CCAST r0, r10, 5, 7 }  ; @37
  { - | - | CLOOP l2, 6, @39 }  ; @38
  { - | - | CREDUCE.i32.and r4, r6, 5 } :l2  ; @39
  { - | - | CCAST r9, r10, 3, 4 }  ; @40

.sentron n0s9, id=9, home=0.0.0/0.0.0/0.0.0/9.0, start
  { - | - | CSLICE 5, d9, 6, 14 }  ; @41
  { - | - | CBAR 1 }  ; @42
  { - | - | CCAST r13, r8, 5, 7 }  ; @43
  { - | - | CLOOP l2, 6, @45 }  ; @44
  { - | - | CREDUCE.i32.and r11, r10, 5 } :l2  ; @45

.sentron n0s10, id=10, home=0.0.0/0.0.0/0.0.0/10.0, start
  { - | - | CSLICE 5, d9, 6, 14 }  ; @46
  { - | - | CCAST r10, r11, 5, 7 }  ; @47
  { - | - | CLOOP l2, 6, @49 }  ; @48
  { - | - | CREDUCE.i32.and r2, r15, 5 } :l2  ; @49
  { - | - | CCAST r14, r13, 3, 4 }  ; @50

.sentron n0s11, id=11, home=0.0.0/0.0.0/0.0.0/11.0, start
  { - | - | CREDUCE.f32.max r10, r9, 2 }  ; @51
  { - | - | CSLICE 5, d9, 6, 14 }  ; @52
  { - | - | CREDUCE.f32.sum r9, r0, 2 }  ; @53
  { - | - | CCAST r8, r2, 5, 7 }  ; @54
  { - | - | CLOOP l0, 6, @56 }  ; @55
  { - | - | CREDUCE.i32.and r9, r13, 5 } :l0  ; @56
  { - | - | CCAST r4, r13, 3, 4 }  ; @57

.sentron n0s12, id=12, home=0.0.0/0.0.0/0.0.0/12.0, start
  { - | SINDEX p0, [359.3.2/0.0.1965/0.0.0/0.1+24], linear, 0 | - }  ; @58
  { - | - | CREDUCE.f32.max r0, r1, 2 }  ; @59
  { - | - | CSLICE 5, d9, 6, 14 }  ; @60
  { - | - | CREDUCE.f32.sum r5, r3, 2 }  ; @61
  { - | - | CCAST r3, r2, 5, 7 }  ; @62
  { - | - | CLOOP l2, 6, @64 }  ; @63
  { - | - | CREDUCE.i32.and r4, r5, 5 } :l2  ; @64
  { - | SGATHER r5, [p0], 20, at 35 | - }  ; @65
  { DOR.i32 r4, r0, r5 | - | CCAST r0, r1, 3, 4 }  ; @66

.sentron n0s13, id=13, home=0.0.0/0.0.0/0.0.0/13.0, start
  { - | SINDEX p0, [358.1.1/0.0.1965/0.0.0/0.1+40], linear, 0 | - }  ; @67
  { - | SINDEX p2, [378.0.2/0.0.1724/0.0.0/0.8+48], linear, 0 | - }  ; @68
  { - | - | CREDUCE.f32.max r5, r5, 2 }  ; @69
  { - | - | CSLICE 5, d9, 6, 14 }  ; @70
  { - | - | CREDUCE.f32.sum r2, r1, 2 }  ; @71
  { - | - | CBAR 1 }  ; @72
  { - | SGATHER r5, [p0], 13, at 21 | CCAST r0, r1, 5, 7 }  ; @73
  { - | - | CLOOP l2, 6, @75 }  ; @74
  { - | - | CREDUCE.i32.and r4, r5, 5 } :l2  ; @75
  { - | - | CCAST r5, r2, 3, 4 }  ; @76
  { - | - | CSTEP p2, linear, 16 }  ; @77
  { - | SSCATTR [p2], r5, 16, at 32 | - }  ; @78
  { - | SDEDUP.look r4, r1 | - }  ; @79
  { - | - | CLOOP l2, 2, @82 }  ; @80
  { - | - | CPACK m3, r4, r4 }  ; @81
  { - | SGATHER r5, [p0], 24 | - } :l2  ; @82

.sentron n0s14, id=14, home=0.0.0/0.0.0/0.0.0/14.0, start
  { - | SINDEX p5, [270.8.0/0.0.1846/0.0.0/0.13], linear, 57 | - }  ; @83
  { - | - | CREDUCE.f32.max r8, r5, 2 }  ; @84
  { - | - | CSLICE 5, d9, 6, 14 }  ; @85
  { - | - | CREDUCE.f32.sum r6, r0, 2 }  ; @86
  { - | - | CBAR 1 }  ; @87
  { - | - | CCAST r8, r8, 5, 7 }  ; @88
  { - | - | CLOOP l0, 6, @90 }  ; @89
  { - | - | CREDUCE.i32.and r0, r0, 5 } :l0  ; @90
  { - | - | CCAST r5, r3, 3, 4 }  ; @91
  { - | - | CLOOP l1, 6, @93 }  ; @92
  { - | SGATHER r4, [p5], 64 | - } :l1  ; @93

.sentron n0s15, id=15, home=0.0.0/0.0.0/0.0.0/15.0, start
  { - | - | CBAR 1 }  ; @94
.end
