; A context waits for a message behind a memory entry, which the other takes: when the entry was free.
; machine: cores = 2
; machine: sports = 2
; machine: memory_entries = 3 entries
; machine: lazy_mapping = yes
; machine: l3_bytes = 13 KiB
; machine: l3_ways = 13
.dlen 512
.group 0, 0, 1, 2

.sentron n0s0, id=0, start
  { - | - | CLOOP l1, 3, @2 }  ; @0
  { - | SGATHER r7, [p3], 23 | - }  ; @1
  { - | SGATHER r4, [p5], 64 | - } :l1  ; @2
  { - | - | CSEND m2, 2 }  ; @3
  { - | - | CLOOP l3, 26, @5 }  ; @4
  { - | - | CRECV r6, 1, part 1 } :l3  ; @5
  { - | - | CREDUCE.f32.min r4, r9, 0 }  ; @6

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | CLOOP l2, 26, @8 }  ; @7
  { - | - | CSEND m3, 0 } :l2  ; @8
  { - | - | CREDUCE.f32.min r1, r4, 0 }  ; @9

.sentron n0s2, id=2, home=0.0.0/0.0.0/0.0.0/2.0, start
  { - | SGATHER r14, [2.0.0/0.0.0/0.0.0/0.1602], 64 | - }  ; @10
  { - | SSCATTR [109.0.0/0.0.473/0.0.0/0.3], r7, 30, at 17 | CRECV r6, 0 }  ; @11
  { - | - | CREDUCE.f32.min r1, r9, 0 }  ; @12
.end
