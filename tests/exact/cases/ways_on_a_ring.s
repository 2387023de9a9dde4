; On a ring of eight, messages go the way over the lowest neighbour where two are equally short.
; machine: dlen = 256 bits
; machine: nodes = 8
; machine: link_latency = 215 cycles
; machine: topology = ring
.dlen 256

.sentron n1s0, id=0, node=1, start
  { - | - | CRECV.n r2, 4 }  ; @0

.sentron n2s4, id=4, node=2, home=0.0.0/0.0.0/0.0.0/4.0, start
  { - | - | - }  ; @1

.sentron n4s0, id=0, node=4, start
  { - | - | - }  ; @2
  { - | - | CROUTE m1, 1 }  ; @3

.sentron n6s4, id=4, node=6, home=0.0.0/0.0.0/0.0.0/4.0, start
  { - | - | CROUTE m3, 2 }  ; @4
.end
