; The host reads a page of a region that was freed, on an entry left in the PTC of core 0: a fault.
; machine: dlen = 64 bits
.dlen 64
.region shared10, shared, node=all, lo=104.4.0/0.0.55/0.0.0/0.11, extent=3
.group 2, 0, 1, 2, 4, 5, 10, 11, 12, 13, 14, 15

.sentron n0s0, id=0, start
  { - | - | CBAR 2 }  ; @0
  { - | - | CBAR 2 }  ; @1

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | - | CBAR 2 }  ; @2
  { - | - | CBAR 2 }  ; @3

.sentron n0s2, id=2, home=0.0.0/0.0.0/0.0.0/2.0, start
  { - | - | CBAR 2 }  ; @4
  { - | - | CBAR 2 }  ; @5

.sentron n0s4, id=4, home=0.0.0/0.0.0/0.0.0/4.0, start
  { - | - | CBAR 2 }  ; @6
  { - | - | CBAR 2 }  ; @7

.sentron n0s5, id=5, home=0.0.0/0.0.0/0.0.0/5.0, start
  { - | - | CBAR 2 }  ; @8
  { - | - | CBAR 2 }  ; @9

.sentron n0s8, id=8, home=0.0.0/0.0.0/0.0.0/8.0, start
  { - | SINDEX p5, [112.7.2/0.0.55/0.0.0/0.11], linear, 0 | - }  ; @10
  { - | SPREFCH.nta [p5] | - }  ; @11

.sentron n0s10, id=10, home=0.0.0/0.0.0/0.0.0/10.0, start
  { - | - | CBAR 2 }  ; @12
  { - | - | CBAR 2 }  ; @13

.sentron n0s11, id=11, home=0.0.0/0.0.0/0.0.0/11.0, start
  { - | SINDEX p5, [105.7.1/0.0.55/0.0.0/0.11+24], linear, 47 | - }  ; @14
  { - | - | CBAR 2 }  ; @15
  { - | - | CBAR 2 }  ; @16
  { - | SFREE [p5] | - }  ; @17

.sentron n0s12, id=12, home=0.0.0/0.0.0/0.0.0/12.0, start
  { - | - | CBAR 2 }  ; @18
  { - | - | CBAR 2 }  ; @19

.sentron n0s13, id=13, home=0.0.0/0.0.0/0.0.0/13.0, start
  { - | - | CBAR 2 }  ; @20
  { - | - | CBAR 2 }  ; @21

.sentron n0s14, id=14, home=0.0.0/0.0.0/0.0.0/14.0, start
  { - | - | CBAR 2 }  ; @22
  { - | - | CBAR 2 }  ; @23

.sentron n0s15, id=15, home=0.0.0/0.0.0/0.0.0/15.0, start
  { - | - | CBAR 2 }  ; @24
  { - | - | CBAR 2 }  ; @25
.end

.host run n0s0, n0s1, n0s2, n0s4, n0s5, n0s8, n0s10, n0s11, n0s12, n0s13, n0s14, n0s15
.host print 113.5.0/0.0.55/0.0.0/0.11+48, value3
