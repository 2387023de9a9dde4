; CPACK runs before the gather that must wait for its turn: m2 is not owed yet when it comes.
; machine: dlen = 64 bits
; machine: spawn = 0 cycles
.dlen 64
.sentron n0s0, id=0, start
  { - | - | - }
  { DRSQ.f32 r9, r15 | SGATHER r13, [p5], 8 | CPACK m2, r14, r9[0] }
.end
