; A gather of one context is looked up, but not issued before the other is: nothing may have changed.
; machine: dlen = 64 bits
; machine: cores = 1
; machine: curve = hilbert
; machine: l1_bytes = 512 bytes
; machine: l1_latency = 4 cycles
; machine: l2_latency = 7 cycles
; machine: ddr_latency = 55 cycles
.dlen 64
.region rom1, rom, node=all, lo=192.4.0/0.0.592/0.0.0/0.2, extent=2
.group 0, 0, 1
.group 3, 0, 1

.sentron n0s0, id=0, start
  { - | - | CLOOP l0, 2, @1 }  ; @0
  { - | - | CCAST r0, r0, 3, 1 } :l0  ; @1
  { - | - | CLOOP l3, 4, @3 }  ; @2
  { - | - | CCAST r0, r5, 0, 0 } :l3  ; @3
  { - | - | CBAR 0 }  ; @4
  { - | SINDEX p3, [194.7.1/0.0.592/0.0.0/0.2], linear, 0 | - }  ; @5
  { - | - | CLOOP l3, 92, @7 }  ; @6
  { - | SGATHER r5, [p3], 8 | CSTEP p3, linear, 1 } :l3  ; @7
  { - | SINDEX p3, [194.7.1/0.0.592/0.0.0/0.2], linear, 0 | - }  ; @8
  { - | - | CLOOP l3, 46, @12 }  ; @9
  { - | SGATHER r2, [p3], 8 | - }  ; @10
  { - | SGATHER r2, [p3], 8 | - }  ; @11
  { DXOR.i32 r1, r0, r1 | SGATHER r5, [p3], 8 | CSTEP p3, linear, 1 } :l3  ; @12

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | CLOOP l1, 2, @14 }  ; @13
  { - | - | CCAST r11, r2, 3, 1 } :l1  ; @14
  { - | - | CLOOP l3, 4, @16 }  ; @15
  { - | - | CCAST r4, r14, 0, 0 } :l3  ; @16
  { - | - | CBAR 0 }  ; @17
  { - | SINDEX p3, [193.5.0/0.0.592/0.0.0/0.2], linear, 0 | - }  ; @18
  { - | - | CLOOP l3, 125, @20 }  ; @19
  { - | SGATHER r1, [p3], 8 | CSTEP p3, linear, 1 } :l3  ; @20
  { - | SINDEX p3, [193.5.0/0.0.592/0.0.0/0.2], linear, 0 | - }  ; @21
  { - | - | CLOOP l3, 125, @25 }  ; @22
  { DCMP.i32.eq r1, r1[1], r8[1] | SGATHER r14, [p3], 5 | - }  ; @23
  { DRCP.f32 r5, r15 | - | - }  ; @24
  { - | SGATHER r1, [p3], 8 | CSTEP p3, linear, 1 } :l3  ; @25
.end
