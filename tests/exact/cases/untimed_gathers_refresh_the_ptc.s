; An untimed gather on a known page refreshes its PTC entry: else another is replaced.
; machine: dlen = 256 bits
; machine: ptc_entries = 4 entries
; machine: l1_bytes = 384 bytes
; machine: l1_ways = 3
; run: untimed
.dlen 256
.region shared0, shared, node=all, lo=24.4.0/0.0.1967/0.0.0/0.1, extent=39
.region private4, private, core=3, node=all, lo=136.4.0/0.0.1072/0.0.0/0.5, extent=4.1.1/1.1.1/1.1.1/2
.region rom9, rom, node=all, lo=384.0.0/0.0.1011/0.0.0/0.10, extent=4.1.1/3
.group 3, 0, 1, 3, 4, 6, 7

.sentron n0s0, id=0, start
  { - | - | CBAR 3 }  ; @0

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | CBAR 3 }  ; @1

.sentron n0s3, id=3, home=0.0.0/0.0.0/0.0.0/3.0, start
  { - | SINDEX p0, [136.5.3/0.0.1072/0.0.0/0.5], linear, 0 | - }  ; @2
  { - | SINDEX p1, [158.6.2/0.0.1967/0.0.0/0.1], linear, 0 | - }  ; @3
  { - | SINDEX p2, [146.6.0/0.0.1072/0.0.0/0.5], linear, 0 | - }  ; @4
  { - | SINDEX p3, [390.3.1/0.0.1011/0.0.0/0.10], linear, 0 | - }  ; @5
  { - | SINDEX p5, [391.0.1/0.0.1011/0.0.0/0.10], linear, 0 | - }  ; @6
  { - | - | CLOOP l0, 32, @10 }  ; @7
  { - | SGATHER r0, [p1], 32 | - }  ; @8
  { - | SGATHER r3, [p3], 32 | CSTEP p3, linear, 2 }  ; @9
  { - | SGATHER r9, [p0], 32 | - } :l0  ; @10
  { - | SPREFCH.l3 [p2] | - }  ; @11
  { - | SGATHER r10, [p5], 21, at 3 | - }  ; @12
  { - | SGATHER r0, [p3], 32 | CBAR 3 }  ; @13

.sentron n0s4, id=4, home=0.0.0/0.0.0/0.0.0/4.0, start
  { - | - | CBAR 3 }  ; @14

.sentron n0s6, id=6, home=0.0.0/0.0.0/0.0.0/6.0, start
  { - | - | CBAR 3 }  ; @15

.sentron n0s7, id=7, home=0.0.0/0.0.0/0.0.0/7.0, start
  { - | - | CBAR 3 }  ; @16
.end
