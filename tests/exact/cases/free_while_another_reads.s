; A shared region is freed by one core while another, which runs ahead, reads it: a fault.
; machine: dlen = 256 bits
.dlen 256
.region shared0, shared, node=all, lo=368.4.0/0.0.872/0.0.0/0.1, extent=32
.region rom9, rom, node=all, lo=396.4.0/0.0.551/0.0.0/0.10, extent=81

.sentron n0s6, id=6, home=0.0.0/0.0.0/0.0.0/6.0, start
  { - | SINDEX p2, [615.6.1/0.0.551/0.0.0/0.10+32], linear, 0 | - }  ; @0
  { - | SINDEX p3, [487.4.0/0.0.872/0.0.0/0.1], linear, 0 | - }  ; @1
  { - | SGATHER r3, [p2], 32 | - }  ; @2
  { - | - | CFENCE.core }  ; @3
  { - | SFREE [p3] | - }  ; @4

.sentron n0s10, id=10, home=0.0.0/0.0.0/0.0.0/10.0, start
  { - | SINDEX p2, [416.4.2/0.0.872/0.0.0/0.1], linear, 0 | - }  ; @5
  { - | - | CLOOP l3, 2, @7 }  ; @6
  { - | SGATHER r10, [p2], 32 | - } :l3  ; @7
.end
