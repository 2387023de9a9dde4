; A prefetch through a PTC entry whose region another core has freed: it goes to its old line.
.dlen 64
.group 0, 2, 3

.sentron n0s2, id=2, home=0.0.0/0.0.0/0.0.0/2.0, start
  { - | - | CLOOP l2, 24, @1 }  ; @0
  { - | - | CSEND m2, 3 } :l2  ; @1
  { - | - | CLOOP l1, 3, @3 }  ; @2
  { - | - | CCAST r2, r7, 0, 1 } :l1  ; @3
  { - | - | CREDUCE.i32.sum r15, r11, 0 }  ; @4
  { - | - | CBAR 0 }  ; @5
  { - | - | CBAR 0 }  ; @6
  { - | - | CBAR 0 }  ; @7
  { - | SFREE [0.0.0/0.0.0/0.0.0/1.1990] | - }  ; @8
  { - | - | CREDUCE.max r13, r4, 0 }  ; @9

.sentron n0s3, id=3, home=0.0.0/0.0.0/0.0.0/3.0, start
  { - | - | CLOOP l2, 24, @11 }  ; @10
  { - | - | CRECV r0, 2 } :l2  ; @11
  { - | - | CLOOP l1, 3, @13 }  ; @12
  { - | - | CCAST r2, r15, 0, 1 } :l1  ; @13
  { - | - | CREDUCE.i32.sum r12, r4, 0 }  ; @14
  { - | - | CBAR 0 }  ; @15
  { - | SALLOC.shared r15, [0.0.0/0.0.0/0.0.0/1.1990], 1 | - }  ; @16
  { - | - | CBAR 0 }  ; @17
  { - | SPREFCH.l3 [2.3.2/0.0.0/0.0.0/1.1990] | - }  ; @18
  { - | - | CBAR 0 }  ; @19
  { - | - | CREDUCE.max r3, r6, 0 }  ; @20
.end

.host run n0s2, n0s3
.host run n0s2, n0s3
