; A page is used in the cycle of the SALLOC of its region: not there yet, and not mapped lazily.
; machine: dlen = 256 bits
; machine: nodes = 3
; machine: lazy_mapping = yes
; machine: topology = full
.dlen 256
.group 0, node=2, 0, 1, 3, 4, 5, 6

.sentron n2s0, id=0, node=2, start
  { - | - | CREDUCE.i32.max r0, r11, 0 }  ; @0

.sentron n2s1, id=1, node=2, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | CREDUCE.i32.max r7, r10, 0 }  ; @1
  { - | SALLOC.shared r0, [0.0.0/0.0.0/0.0.0/0.1992], 1 | - }  ; @2

.sentron n2s3, id=3, node=2, home=0.0.0/0.0.0/0.0.0/3.0, start
  { - | - | CREDUCE.i32.max r5, r13, 0 }  ; @3

.sentron n2s4, id=4, node=2, home=0.0.0/0.0.0/0.0.0/4.0, start
  { - | - | CREDUCE.i32.max r4, r4, 0 }  ; @4

.sentron n2s5, id=5, node=2, home=0.0.0/0.0.0/0.0.0/5.0, start
  { - | - | CREDUCE.i32.max r1, r10, 0 }  ; @5
  { - | SSCATTR [0.1.0/0.0.0/0.0.0/0.1992], r9, 32 | - }  ; @6

.sentron n2s6, id=6, node=2, home=0.0.0/0.0.0/0.0.0/6.0, start
  { - | - | CREDUCE.i32.max r4, r4, 0 }  ; @7
.end
