; Gathers that walk drive out dirty lines, and wait for each other's registers.
; machine: dlen = 64 bits
; machine: cores = 1
; machine: contexts = 1
; machine: l1_bytes = 2048 bytes
; machine: l2_bytes = 8192 bytes
; machine: l3_bytes = 65536 bytes
; machine: ptc_entries = 16
.dlen 64
.region table, private, node=all, lo=0.0.0/0.0.0/0.0.0/0.0, extent=32
.init main.r0 = i64 88172645463325252
.init main.r1 = i64 6364136223846793005
.init main.r2 = i64 1442695040888963407
.init main.r3 = i64 53
.init main.r4 = i64 1023

.sentron main, id=0, start
  { - | SINDEX p0, [0.0.0/0.0.0/0.0.0/0.0], linear, 0 }
  { - | - | CLOOP l1, 1500, written }
  { DADD r8, r8, r1 | SSCATTR [p0], r8, 8 | - }
written: { - | - | CSTEP p0, linear, 1 } :l1
  { - | - | CLOOP l0, 3000, last }
  { DFMA r0, r0, r1, r2 | SINDEX p1, [0.0.0/0.0.0/0.0.0/0.0], linear, 0, index r6 }
  { DSHR r6, r0, r3 | SGATHER r7, [p1], 8 }
  { DAND r9, r6, r4 | SGATHER.m r10, [p1], 3, at 2 }
last: { DADD r5, r5, r7 | SINDEX p2, [3.0.0/0.0.0/0.0.0/0.0], linear, 5, index r9 } :l0
.end
