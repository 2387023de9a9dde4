; The host writes a page of a region that was freed, with lazy mapping: the entry left in the PTC is a fault.
; machine: lazy_mapping = yes
; machine: l1_bytes = 9 KiB
; machine: l1_ways = 9
; machine: l2_bytes = 384 bytes
; machine: l2_ways = 6
; machine: l3_bytes = 704 bytes
; machine: l3_ways = 11
.dlen 512
.region private2, private, core=1, node=all, lo=240.0.0/0.0.370/0.0.0/0.3, extent=4
.group 0, 0, 1
.group 2, 0, 1

.sentron n0s0, id=0, start
  { - | - | CCAST r6, r8, 0, 1 }  ; @0
  { - | - | CBAR 2 }  ; @1

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | SINDEX p3, [249.1.3/0.0.370/0.0.0/0.3], linear, 0 | - }  ; @2
  { - | - | CCAST r6, r4, 0, 1 }  ; @3
  { - | - | CBAR 2 }  ; @4
  { - | SFREE [p3] | - }  ; @5
.end

.host write 253.3.0/0.0.370/0.0.0/0.3+24, i64 -32509003273116229
.host run n0s0, n0s1
.host write 255.3.1/0.0.370/0.0.0/0.3+56, i64 8322189353600425957
