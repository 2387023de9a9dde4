; A page that its first access mapped is not freed.
; machine: dlen = 256 bits
; machine: nodes = 2
; machine: lazy_mapping = yes
; machine: l1_bytes = 768 bytes
; machine: l1_ways = 6
; machine: l2_bytes = 1792 bytes
; machine: l2_ways = 7
; machine: l3_bytes = 3840 bytes
; machine: l3_ways = 15
; machine: topology = full
.dlen 256
.group 0, 0, 1, 3
.group 1, 1, 3
.group 0, node=1, 0, 1, 3

.sentron n0s0, id=0, start
  { - | - | CBAR 0 }
  { - | - | CREDUCE.f32.min r8, r5, 0 }

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | CBAR 1 }
  { - | - | CBAR 0 }
  { - | - | CREDUCE.f32.min r4, r4, 0 }

.sentron n0s3, id=3, home=0.0.0/0.0.0/0.0.0/3.0, start
  { - | - | CBAR 1 }
  { - | - | CBAR 0 }
  { - | - | CREDUCE.f32.min r8, r12, 0 }

.sentron n1s0, id=0, node=1, start
  { - | SGATHER r13, [1.0.0/0.0.0/0.0.0/1.1616], 32 | - }
  { - | SFREE [0.0.0/0.0.0/0.0.0/1.1616] | - }
  { - | - | CLOOP l2, 3, @11 }
  { - | - | CCAST r15, r5, 0, 1 } :l2

.sentron n1s1, id=1, node=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | CLOOP l1, 3, @13 }
  { - | - | CCAST r1, r3, 0, 1 } :l1

.sentron n1s3, id=3, node=1, home=0.0.0/0.0.0/0.0.0/3.0, start
  { - | - | CLOOP l0, 3, @15 }
  { - | - | CCAST r10, r3, 0, 1 } :l0
.end

.host run n0s0, n0s1, n0s3, n1s0, n1s1, n1s3
.host run n0s0, n0s1, n0s3, n1s0, n1s1, n1s3
