; A fence beyond core scope waits for sends inside the core, too: those of a net_core of 3 take a while.
; machine: dlen = 64 bits
; machine: cores = 1
; machine: spawn = 12 cycles
; machine: branch = 2 cycles
; machine: memory_entries = 3 entries
; machine: queue_depth = 2 entries
; machine: net_core = 3 cycles
; machine: ptc_entries = 16 entries
; machine: ptc_ways = 2
; machine: ptc_miss = 7 cycles
; machine: l1_bytes = 1 KiB
; machine: l1_ways = 2
; machine: l1_latency = 2 cycles
; machine: l1_interval = 2 cycles
.dlen 64

.sentron n0s0, id=0, start
  { - | - | - }  ; @0

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | CSEND m2, 0 }  ; @1
  { - | - | CFENCE.cluster }  ; @2
  { - | - | - }  ; @3
.end
