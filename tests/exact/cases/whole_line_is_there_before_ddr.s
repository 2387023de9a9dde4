; plain run: cycles of sentron n0s3: engine 234, stepper 179
; machine: lazy_mapping = yes
; machine: l2_bytes = 1536 bytes
; machine: l2_ways = 6
.dlen 512

.sentron n0s0, id=0, start
  { - | SINDEX p1, [842.2.0/0.0.1528/0.0.0/0.2], linear, 0 | - }  ; @0
  { - | - | CLOOP l0, 2, @2 }  ; @1
  { - | SGATHER r4, [p1], 64 | CSTEP p1, linear, 1 } :l0  ; @2

.sentron n0s3, id=3, home=0.0.0/0.0.0/0.0.0/3.0, start
  { - | SGATHER r12, [240.3.0/0.0.858/0.0.0/0.1], 29 | - }  ; @3
  { - | SROUTE r1, [p0], 1094 | - }  ; @4
  { - | SSCATTR [p2], r11, 64 | CLOOP l1, 3, @6 }  ; @5
  { - | SGATHER.m r2, [p3], 64 | CSTEP p3, linear, 1 } :l1  ; @6
.end
