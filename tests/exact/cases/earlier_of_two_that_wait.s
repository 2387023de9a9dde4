; plain run: cycles of sentron n0s1: engine 248, stepper 244
; machine: clock = 3.7 GHz
; machine: cores = 2
; machine: latency_step = 7 cycles
; machine: l3_bytes = 0 bytes
.dlen 512
.region shared0, shared, node=all, lo=24.0.0/0.0.1857/0.0.0/0.1, extent=19
.region private2, private, node=all, lo=228.8.0/0.0.1864/0.0.0/0.3, extent=29

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | - }  ; @0
  { - | SINDEX p2, [65.1.2/0.0.1857/0.0.0/0.1], linear, 0 | - }  ; @1
  { - | - | CLOOP l1, 3, @6 }  ; @2
  { - | SGATHER r10, [p2], 64 | - }  ; @3
  { DMUL.i32 r12, r4, r10 | - | - }  ; @4
  { - | - | - }  ; @5
  { - | - | - } :l1  ; @6

.sentron n0s2, id=2, home=0.0.0/0.0.0/0.0.0/2.0, start
  { - | SINDEX p0, [314.9.0/0.0.1864/0.0.0/0.3+24], linear, 0 | - }  ; @7
  { - | - | CLOOP l1, 3, @10 }  ; @8
  { - | SGATHER r1, [p0], 40 | - }  ; @9
  { DXOR r3, r1, r13 | - | CSTEP p0, linear, 1 } :l1  ; @10

.sentron n0s3, id=3, home=0.0.0/0.0.0/0.0.0/3.0, start
  { - | SINDEX p0, [50.1.0/0.0.1857/0.0.0/0.1], linear, 0 | - }  ; @11
  { - | SINDEX p4, [30.2.2/0.0.1857/0.0.0/0.1], linear, 0 | - }  ; @12
  { - | SSCATTR [p4], r6, 51 | - }  ; @13
  { - | SGATHER r0, [p0], 64 | - }  ; @14
  { DMIN.i32 r0, r5, r4 | - | - }  ; @15
.end
