; plain run: cycles of sentron n0s2: engine 97, stepper 166
; machine: dlen = 64 bits
; machine: cores = 2
; machine: memory_entries = 2 entries
; machine: ptc_hit = 0 cycles
; machine: l3_bytes = 960 bytes
; machine: l3_ways = 15
.dlen 64
.region rom1, rom, node=all, lo=368.4.0/0.0.564/0.0.0/0.2, extent=1
.region shared3, shared, node=all, lo=228.4.0/0.0.753/0.0.0/0.4, extent=5

.sentron n0s0, id=0, start
  { - | - | - }  ; @0
  { - | SINDEX p2, [371.7.3/0.0.564/0.0.0/0.2], linear, 0 | - }  ; @1
  { - | SGATHER r0, [p2], 4 | - }  ; @2

.sentron n0s2, id=2, home=0.0.0/0.0.0/0.0.0/2.0, start
  { - | - | - }  ; @3
  { - | SGATHER r3, [369.5.1/0.0.564/0.0.0/0.2], 6 | - }  ; @4
  { - | SSCATTR [240.6.3/0.0.753/0.0.0/0.4], r5, 8 | - }  ; @5
.end
