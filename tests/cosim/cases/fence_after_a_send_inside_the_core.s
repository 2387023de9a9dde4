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
; machine: ptc_hash = reference
; machine: ptc_hit = 2 cycles
; machine: latency_move = 2 cycles
; machine: latency_add = 2 cycles
; machine: latency_logic = 2 cycles
; machine: latency_mul = 5 cycles
; machine: latency_perm = 5 cycles
; machine: latency_f32 = 7 cycles
; machine: latency_dot = 7 cycles
; machine: latency_cvt = 7 cycles
; machine: latency_special = 9 cycles
; machine: latency_red = 10 cycles
; machine: latency_step = 3 cycles
; machine: latency_pack = 2 cycles
; machine: latency_recv = 4 cycles
; machine: latency_loop = 2 cycles
; machine: latency_alloc = 5 cycles
.dlen 64

.sentron n0s0, id=0, start
  { - | - | - }  ; @0

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | CSEND m2, 0 }  ; @1
  { - | - | CFENCE.cluster }  ; @2
  { - | - | - }  ; @3
.end
