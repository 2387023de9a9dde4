; traced run: stack of memory_entry of sentron n0s0: engine 211, stepper 210
; machine: dlen = 128 bits
; machine: cores = 1
; machine: sports = 2
; machine: memory_entries = 2 entries
; machine: l3_bytes = 7680 bytes
; machine: l3_ways = 15
.dlen 128
.region shared0, shared, node=all, lo=336.8.0/0.0.855/0.0.0/0.1, extent=3.1.1/1.1.1/1.3
.region rom1, rom, node=all, lo=284.8.0/0.0.737/0.0.0/0.2, extent=14
.region shared2, shared, node=all, lo=252.0.0/0.0.52/0.0.0/0.3, extent=2.1.1/2

.sentron n0s0, id=0, start
  { - | SINDEX p3, [253.0.1/0.0.52/0.0.0/0.3], linear, 0 | - }  ; @0
  { - | - | CLOOP l1, 10, @2 }  ; @1
  { - | SSCATTR [p3], r0, 16 | CSEND m1, 1 } :l1  ; @2

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | SINDEX p2, [312.11.1/0.0.737/0.0.0/0.2], linear, 0 | - }  ; @3
  { - | SINDEX p3, [338.11.2/0.0.855/0.0.0/0.1], linear, 0 | - }  ; @4
  { - | SGATHER r2, [p2], 16 | - }  ; @5
  { - | - | CLOOP l2, 2, @8 }  ; @6
  { - | SGATHER r8, [287.8.0/0.0.737/0.0.0/0.2+34], 1 | CRECV r2, 0 }  ; @7
  { - | SSCATTR [p3], r0, 16 | - } :l2  ; @8
.end
