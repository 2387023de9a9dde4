; A deadlock of more sentrons than its message has room for: it says how many more.
; machine: dlen = 256 bits
; machine: nodes = 3
; machine: topology = full
.dlen 256
.group 0, 0, 1, 2, 6, 7, 8, 14
.group 2, 0, 1, 3
.group 0, node=1, 0, 1, 2, 4, 6, 8, 9, 10, 12, 14
.group 0, node=2, 0, 1, 2, 5, 7, 9, 10, 12, 14, 15

.sentron n0s0, id=0, start
  { - | - | - }

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | CREDUCE.i32.max r5, r12, 0 }

.sentron n0s2, id=2, home=0.0.0/0.0.0/0.0.0/2.0, start
  { - | - | CREDUCE.i32.max r12, r1, 0 }

.sentron n0s3, id=3, home=0.0.0/0.0.0/0.0.0/3.0, start
  { - | - | CCAST r1, r1, 2, 2 }

.sentron n0s6, id=6, home=0.0.0/0.0.0/0.0.0/6.0, start
  { - | - | CREDUCE.i32.max r7, r4, 0 }

.sentron n0s7, id=7, home=0.0.0/0.0.0/0.0.0/7.0, start
  { - | - | CREDUCE.i32.max r2, r2, 0 }

.sentron n0s8, id=8, home=0.0.0/0.0.0/0.0.0/8.0, start
  { - | - | CREDUCE.i32.max r2, r14, 0 }

.sentron n0s14, id=14, home=0.0.0/0.0.0/0.0.0/14.0, start
  { - | - | CREDUCE.i32.max r3, r10, 0 }

.sentron n1s0, id=0, node=1, start
  { - | - | CCAST r1, r2, 0, 0 }

.sentron n1s1, id=1, node=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | CCAST r2, r1, 0, 0 }

.sentron n1s2, id=2, node=1, home=0.0.0/0.0.0/0.0.0/2.0, start
  { - | - | - }

.sentron n1s4, id=4, node=1, home=0.0.0/0.0.0/0.0.0/4.0, start
  { - | - | CCAST r3, r3, 0, 0 }

.sentron n1s6, id=6, node=1, home=0.0.0/0.0.0/0.0.0/6.0, start
  { - | - | CCAST r6, r0, 0, 0 }

.sentron n1s8, id=8, node=1, home=0.0.0/0.0.0/0.0.0/8.0, start
  { - | - | CCAST r2, r2, 0, 0 }

.sentron n1s9, id=9, node=1, home=0.0.0/0.0.0/0.0.0/9.0, start
  { - | - | CCAST r0, r1, 0, 0 }

.sentron n1s10, id=10, node=1, home=0.0.0/0.0.0/0.0.0/10.0, start
  { - | - | CCAST r5, r2, 0, 0 }

.sentron n1s12, id=12, node=1, home=0.0.0/0.0.0/0.0.0/12.0, start
  { - | - | CCAST r12, r2, 0, 0 }

.sentron n1s14, id=14, node=1, home=0.0.0/0.0.0/0.0.0/14.0, start
  { - | - | CCAST r7, r9, 0, 0 }

.sentron n2s0, id=0, node=2, start
  { - | - | CBAR 0 }

.sentron n2s1, id=1, node=2, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | - }

.sentron n2s2, id=2, node=2, home=0.0.0/0.0.0/0.0.0/2.0, start
  { - | - | CBAR 0 }

.sentron n2s5, id=5, node=2, home=0.0.0/0.0.0/0.0.0/5.0, start
  { - | - | CBAR 0 }

.sentron n2s7, id=7, node=2, home=0.0.0/0.0.0/0.0.0/7.0, start
  { - | - | CBAR 0 }

.sentron n2s9, id=9, node=2, home=0.0.0/0.0.0/0.0.0/9.0, start
  { - | - | CBAR 0 }

.sentron n2s10, id=10, node=2, home=0.0.0/0.0.0/0.0.0/10.0, start
  { - | - | CBAR 0 }

.sentron n2s12, id=12, node=2, home=0.0.0/0.0.0/0.0.0/12.0, start
  { - | - | CBAR 0 }

.sentron n2s14, id=14, node=2, home=0.0.0/0.0.0/0.0.0/14.0, start
  { - | - | CBAR 0 }

.sentron n2s15, id=15, node=2, home=0.0.0/0.0.0/0.0.0/15.0, start
  { - | - | CBAR 0 }
.end
