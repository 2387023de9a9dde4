; The run ends with the fault of the gather; the message beside it would arrive in the next cycle (l3_latency 1).
; machine: dlen = 64 bits
; machine: l2_bytes = 896 bytes
; machine: l2_ways = 7
; machine: l3_bytes = 5 KiB
; machine: l3_ways = 10
; machine: l3_latency = 1 cycles
.dlen 64

.sentron n0s0, id=0, start
  { - | - | - }  ; @0

.sentron n0s3, id=3, home=0.0.0/0.0.0/0.0.0/3.0, start
  { - | SGATHER r3, [p3], 8 | CSEND m0, 0 }  ; @1
.end
