; The two contexts of a core: they fill each other's gaps, and share what is full already.
;
; Three sentrons run the same code: `alone` has core 1 for itself, `left` and `right` share core 0
; (sentron 8 runs on core 8 mod 8). In "chain" every multiply-add waits 4 cycles for the one
; before, so a context uses one issue slot in four: the pair does twice the work in the same time.
; In "full" one context keeps the D port busy in every cycle: the pair needs twice the time.
.equ ROUNDS, 200

.sentron left, id=0, entry=work, end=done
.sentron alone, id=1, entry=work, end=done
.sentron right, id=8, entry=work, end=done
.init left.r1 = f32 1.0 x 16
.init alone.r1 = f32 1.0 x 16
.init right.r1 = f32 1.0 x 16

work:
.mark "chain"
  { CLOOP l0, ROUNDS, chain }
chain:
  { DFMA.f32 r2, r1, r1, r2 } :l0
.mark "full"
  { CLOOP l0, ROUNDS, full }
  { DFMA.f32 r4, r1, r1, r4 }
  { DFMA.f32 r5, r1, r1, r5 }
  { DFMA.f32 r6, r1, r1, r6 }
full:
  { DFMA.f32 r7, r1, r1, r7 } :l0
.endmark
done:
