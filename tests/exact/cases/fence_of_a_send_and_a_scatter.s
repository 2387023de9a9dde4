; A fence waits for a send to another node first, then for a memory operation: it is woken for that.
; machine: dlen = 128 bits
; machine: nodes = 2
; machine: branch = 4 cycles
; machine: latency_add = 2 cycles
; machine: net_core = 2 cycles
; machine: ptc_entries = 12 entries
; machine: ptc_ways = 3
; machine: l3_bytes = 384 bytes
; machine: l3_ways = 3
; machine: ddr_latency = 15 cycles
; machine: link_latency = 187 cycles
; machine: topology = ring
.dlen 128
.region shared0, shared, node=all, lo=36.4.0/0.0.751/0.0.0/0.1, extent=4
.region private1, private, node=all, lo=208.4.0/0.0.1789/0.0.0/0.2, extent=1
.group 0, node=1, 0

.sentron n0s0, id=0, start
  { - | - | - }  ; @0

.sentron n1s0, id=0, node=1, start
  { - | SINDEX p0, [39.4.2/0.0.751/0.0.0/0.1], linear, 0 | - }  ; @1
  { - | SINDEX p1, [210.4.1/0.0.1789/0.0.0/0.2], linear, 0 | - }  ; @2
  { - | - | - }  ; @3
  { - | - | - }  ; @4
  { - | - | - }  ; @5
  { DMOV.i32 r14, 1 | - | - }  ; @6
  { DMOV.i32 r15, 3 | - | - }  ; @7
  { - | - | - }  ; @8
  { - | - | - }  ; @9
  { - | - | - }  ; @10
  { - | SGATHER r5, [p0], 16 | - }  ; @11
  { - | SGATHER.m r9, [p1], 16 | - }  ; @12
  { - | SSCATTR [209.4.1/0.0.1789/0.0.0/0.2+34], r9, 16 | - }  ; @13
  { DHDPERM r5, r8, 1 | - | CFENCE.cluster }  ; @14
  { DSUB.i32 r15, r15, r14 | - | CSTEP p0, byte, 4096 }  ; @15
  { DBR.i32 r15[0], @8 | - | - }  ; @16
  { - | - | - }  ; @17
  { - | - | CLOOP l0, 9, @20 }  ; @18
  { - | - | CBAR 0 }  ; @19
  { - | - | - } :l0  ; @20
  { - | - | - }  ; @21
  { - | - | - }  ; @22
  { - | - | CROUTE m2, 0 }  ; @23
  { - | SSCATTR [p0], r10, 16 | CFENCE.node }  ; @24
  { - | - | - }  ; @25
.end
