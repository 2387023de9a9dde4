; b waits for c, which waits for a, on b's core: what a sends may be answered to b before a gets far.
; d goes on with a only, because e waits for a.
.dlen 64
.sentron a, id=0, start
  { - | - | CLOOP l0, 20, a0 }
  { DADD.f32 r1, r14, r15 | - | - }
  { DADD.f32 r2, r14, r15 | - | - }
  { DADD.f32 r3, r14, r15 | - | - }
  { DADD.f32 r4, r14, r15 | - | - }
  { DADD.f32 r5, r14, r15 | - | - }
  { DADD.f32 r6, r14, r15 | - | - }
  { DADD.f32 r7, r14, r15 | - | - }
  { DADD.f32 r8, r14, r15 | - | - }
  { DADD.f32 r1, r14, r15 | - | - }
  { DADD.f32 r2, r14, r15 | - | - }
  { DADD.f32 r3, r14, r15 | - | - }
  { DADD.f32 r4, r14, r15 | - | - }
  { DADD.f32 r5, r14, r15 | - | - }
  { DADD.f32 r6, r14, r15 | - | - }
  { DADD.f32 r7, r14, r15 | - | - }
  { DADD.f32 r8, r14, r15 | - | - }
  { DADD.f32 r1, r14, r15 | - | - }
  { - | - | CSEND m0, 1 }
  { DADD.f32 r1, r14, r15 | - | - }
  { DADD.f32 r2, r14, r15 | - | - }
  { DADD.f32 r3, r14, r15 | - | - }
  { DADD.f32 r4, r14, r15 | - | - }
  { DADD.f32 r5, r14, r15 | - | - }
  { DADD.f32 r6, r14, r15 | - | - }
  { DADD.f32 r7, r14, r15 | - | - }
  { DADD.f32 r8, r14, r15 | - | - }
  { DADD.f32 r1, r14, r15 | - | - }
  { DADD.f32 r2, r14, r15 | - | - }
  { DADD.f32 r3, r14, r15 | - | - }
  { DADD.f32 r4, r14, r15 | - | - }
  { DADD.f32 r5, r14, r15 | - | - }
  { DADD.f32 r6, r14, r15 | - | - }
  { DADD.f32 r7, r14, r15 | - | - }
  { DADD.f32 r8, r14, r15 | - | - }
  { DADD.f32 r1, r14, r15 | - | - }
  { DADD.f32 r2, r14, r15 | - | - }
  { DADD.f32 r3, r14, r15 | - | - }
  { DADD.f32 r4, r14, r15 | - | - }
  { DADD.f32 r5, r14, r15 | - | - }
  { DADD.f32 r6, r14, r15 | - | - }
  { DADD.f32 r7, r14, r15 | - | - }
  { DADD.f32 r8, r14, r15 | - | - }
  { DADD.f32 r1, r14, r15 | - | - }
  { DADD.f32 r2, r14, r15 | - | - }
  { DADD.f32 r3, r14, r15 | - | - }
  { DADD.f32 r4, r14, r15 | - | - }
  { DADD.f32 r5, r14, r15 | - | - }
  { DADD.f32 r6, r14, r15 | - | - }
  { DADD.f32 r7, r14, r15 | - | - }
  { DADD.f32 r8, r14, r15 | - | - }
  { DADD.f32 r1, r14, r15 | - | - }
  { DADD.f32 r2, r14, r15 | - | - }
  { DADD.f32 r3, r14, r15 | - | - }
  { DADD.f32 r4, r14, r15 | - | - }
  { DADD.f32 r5, r14, r15 | - | - }
  { DADD.f32 r6, r14, r15 | - | - }
  { DADD.f32 r7, r14, r15 | - | - }
  { DADD.f32 r8, r14, r15 | - | - }
a0: { - | - | - } :l0
  { - | - | CSEND m0, 10 }

.sentron b, id=8, start
  { - | - | CLOOP l0, 20, b0 }
  { - | - | CRECV r0, 1 }
  { DADD.f32 r1, r14, r15 | - | - }
  { DADD.f32 r2, r14, r15 | - | - }
  { DADD.f32 r3, r14, r15 | - | - }
  { DADD.f32 r4, r14, r15 | - | - }
  { DADD.f32 r5, r14, r15 | - | - }
  { DADD.f32 r6, r14, r15 | - | - }
  { DADD.f32 r7, r14, r15 | - | - }
  { DADD.f32 r8, r14, r15 | - | - }
b0: { - | - | - } :l0

.sentron c, id=1, start
  { - | - | CLOOP l0, 20, c0 }
  { - | - | CRECV r0, 0 }
c0: { - | - | CSEND m0, 8 } :l0

.sentron d, id=2, start
  { - | - | CLOOP l0, 60, d0 }
  { DADD.f32 r1, r14, r15 | - | - }
  { DADD.f32 r2, r14, r15 | - | - }
  { DADD.f32 r3, r14, r15 | - | - }
  { DADD.f32 r4, r14, r15 | - | - }
  { DADD.f32 r5, r14, r15 | - | - }
  { DADD.f32 r6, r14, r15 | - | - }
  { DADD.f32 r7, r14, r15 | - | - }
  { DADD.f32 r8, r14, r15 | - | - }
d0: { - | - | - } :l0

.sentron e, id=10, start
  { - | - | CRECV r0, 0 }
.end
