; b waits for messages of c, whose SIWs that send are far away but for a loop of no rounds, a branch
; and a jump back. a must not use the ports beyond the time at which b may have one. c goes on with a
; only, because d waits for a.
.dlen 64
.sentron a, id=0, start
  { - | - | CLOOP l0, 200, a0 }
  { DADD.f32 r1, r14, r15 | - | - }
  { DADD.f32 r2, r14, r15 | - | - }
  { DADD.f32 r3, r14, r15 | - | - }
  { DADD.f32 r4, r14, r15 | - | - }
  { DADD.f32 r5, r14, r15 | - | - }
  { DADD.f32 r6, r14, r15 | - | - }
  { DADD.f32 r7, r14, r15 | - | - }
a0: { DADD.f32 r8, r14, r15 | - | - } :l0
  { - | - | CSEND m0, 9 }

.sentron b, id=8, start
  { - | - | CRECV r0, 1 }
  { DADD.f32 r1, r14, r15 | - | - }
  { DADD.f32 r2, r14, r15 | - | - }
  { DADD.f32 r3, r14, r15 | - | - }
  { DADD.f32 r4, r14, r15 | - | - }
  { DADD.f32 r5, r14, r15 | - | - }
  { DADD.f32 r6, r14, r15 | - | - }
  { DADD.f32 r7, r14, r15 | - | - }
b0: { DADD.f32 r8, r14, r15 | - | - }
  { - | - | CRECV r0, 1 }
  { DADD.f32 r1, r14, r15 | - | - }
  { DADD.f32 r2, r14, r15 | - | - }
  { DADD.f32 r3, r14, r15 | - | - }
  { DADD.f32 r4, r14, r15 | - | - }
  { DADD.f32 r5, r14, r15 | - | - }
  { DADD.f32 r6, r14, r15 | - | - }
  { DADD.f32 r7, r14, r15 | - | - }
b1: { DADD.f32 r8, r14, r15 | - | - }
  { - | - | CRECV r0, 1 }
  { DADD.f32 r1, r14, r15 | - | - }
  { DADD.f32 r2, r14, r15 | - | - }
  { DADD.f32 r3, r14, r15 | - | - }
  { DADD.f32 r4, r14, r15 | - | - }
  { DADD.f32 r5, r14, r15 | - | - }
  { DADD.f32 r6, r14, r15 | - | - }
  { DADD.f32 r7, r14, r15 | - | - }
b2: { DADD.f32 r8, r14, r15 | - | - }
  { - | - | CRECV r0, 1 }
  { DADD.f32 r1, r14, r15 | - | - }
  { DADD.f32 r2, r14, r15 | - | - }
  { DADD.f32 r3, r14, r15 | - | - }
  { DADD.f32 r4, r14, r15 | - | - }
  { DADD.f32 r5, r14, r15 | - | - }
  { DADD.f32 r6, r14, r15 | - | - }
  { DADD.f32 r7, r14, r15 | - | - }
b3: { DADD.f32 r8, r14, r15 | - | - }
  { - | - | CRECV r0, 1 }
  { DADD.f32 r1, r14, r15 | - | - }
  { DADD.f32 r2, r14, r15 | - | - }
  { DADD.f32 r3, r14, r15 | - | - }
  { DADD.f32 r4, r14, r15 | - | - }
  { DADD.f32 r5, r14, r15 | - | - }
  { DADD.f32 r6, r14, r15 | - | - }
  { DADD.f32 r7, r14, r15 | - | - }
b4: { DADD.f32 r8, r14, r15 | - | - }

.sentron c, id=1, start
  { - | - | CLOOP l0, r5, c0 }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
c0: { - | - | - } :l0
  { - | - | CSEND m0, 8 }
  { DADD.f32 r1, r1, r3 | - | - }
  { DADD.f32 r1, r1, r3 | - | - }
  { DADD.f32 r1, r1, r3 | - | - }
  { DADD.f32 r1, r1, r3 | - | - }
  { DADD.f32 r1, r1, r3 | - | - }
  { DADD.f32 r1, r1, r3 | - | - }
  { DADD.f32 r1, r1, r3 | - | - }
  { DADD.f32 r1, r1, r3 | - | - }
  { DADD.f32 r1, r1, r3 | - | - }
  { DADD.f32 r1, r1, r3 | - | - }
  { DBR.z r5[0], c1 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
c1: { - | - | CSEND m0, 8 }
  { - | - | CLOOP l1, 3, c2 }
  { - | - | CSEND m0, 8 }
  { DADD.f32 r1, r1, r3 | - | - }
  { DADD.f32 r1, r1, r3 | - | - }
  { DADD.f32 r1, r1, r3 | - | - }
  { DADD.f32 r1, r1, r3 | - | - }
  { DADD.f32 r1, r1, r3 | - | - }
  { DADD.f32 r1, r1, r3 | - | - }
  { DADD.f32 r1, r1, r3 | - | - }
  { DADD.f32 r1, r1, r3 | - | - }
  { DADD.f32 r1, r1, r3 | - | - }
  { DADD.f32 r1, r1, r3 | - | - }
c2: { - | - | - } :l1
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }
  { DADD.f32 r1, r2, r3 | - | - }

.sentron d, id=9, start
  { - | - | CRECV r0, 0 }
.end
