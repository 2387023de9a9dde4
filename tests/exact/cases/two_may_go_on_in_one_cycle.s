; plain run: cycles of sentron n0s0: engine 104, stepper 110
; machine: dlen = 256 bits
; machine: cores = 2
; machine: memory_entries = 2 entries
; machine: latency_move = 4 cycles
; machine: latency_step = 5 cycles
; machine: l1_bytes = 20 KiB
; machine: l1_ways = 10
; machine: l3_bytes = 128 bytes
; machine: l3_ways = 2
; machine: ddr_latency = 5 cycles
; machine: ddr_bandwidth = 1000 GB/s
.dlen 256
.region shared0, shared, node=all, lo=156.0.0/0.0.1998/0.0.0/0.1, extent=25
.region private2, private, node=all, lo=220.0.0/0.0.1168/0.0.0/0.3, extent=3

.sentron n0s0, id=0, start
  { - | SINDEX p0, [230.2.2/0.0.1998/0.0.0/0.1], linear, 0 | - }  ; @0
  { - | SINDEX p3, [167.3.3/0.0.1998/0.0.0/0.1+24], linear, 0 | - }  ; @1
  { - | - | CLOOP l1, 7, @4 }  ; @2
  { - | SGATHER r1, [p3], 32 | - }  ; @3
  { - | SGATHER r15, [p0], 32 | - } :l1  ; @4

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | SINDEX p0, [211.0.0/0.0.1998/0.0.0/0.1], linear, 0 | - }  ; @5
  { - | - | CLOOP l3, 10, @8 }  ; @6
  { - | - | CSTEP p0, linear, 1 }  ; @7
  { - | SGATHER r4, [p0], 32 | CSTEP p0, linear, 1 } :l3  ; @8

.sentron n0s2, id=2, home=0.0.0/0.0.0/0.0.0/2.0, start
  { - | SINDEX p1, [230.2.0/0.0.1168/0.0.0/0.3], linear, 0 | - }  ; @9
  { DMOV.i32 r3, 11 | - | - }  ; @10
  { - | - | CLOOP l1, r3, @14 }  ; @11
  { - | SGATHER r3, [p1], 15 | - }  ; @12
  { DHDBIND r3, r2, r2 | SINDEX.c p6, [p7], d0, 3, index r9 | - }  ; @13
  { - | - | CSTEP p1, byte, -64 } :l1  ; @14
.end
