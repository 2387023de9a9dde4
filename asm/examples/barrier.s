; Four sentrons on four cores each write one number; after a barrier the first adds them all.
; Expected: sum = 10 + 20 + 30 + 40 = 100.
;
; Shared regions live in the L3, so what was written before the fence is there for everybody
; after the barrier.
.dlen 64
.region numbers, shared, lo=0.0.0/1.1.1/1.1.1/1.1, pages=2
.group 0, 0..3

.init s0.p0 = 0.0.0/1.1.1/1.1.1/1.1
.init s1.p0 = 1.0.0/1.1.1/1.1.1/1.1
.init s2.p0 = 2.0.0/1.1.1/1.1.1/1.1
.init s3.p0 = 3.0.0/1.1.1/1.1.1/1.1
.init s0.r0 = 10
.init s1.r0 = 20
.init s2.r0 = 30
.init s3.r0 = 40

; The writers share their code; the first goes on after the barrier.
.sentron s0, id=0, entry=write, end=done
.sentron s1, id=1, entry=write, end=met
.sentron s2, id=2, entry=write, end=met
.sentron s3, id=3, entry=write, end=met

write:
  { SSCATTR [p0], r0, 8 | CFENCE.node }
  { CBAR 0 }
met:
  { SGATHER r1, [1.0.0/1.1.1/1.1.1/1.1], 8 }
  { SGATHER r2, [2.0.0/1.1.1/1.1.1/1.1], 8 }
  { SGATHER r3, [3.0.0/1.1.1/1.1.1/1.1], 8 }
  { DADD r0, r0, r1 }
  { DADD r2, r2, r3 }
  { DADD r0, r0, r2 }
  { SSCATTR [4.0.0/1.1.1/1.1.1/1.1], r0, 8 }
done:

.host run s0 s1 s2 s3
.host print 4.0.0/1.1.1/1.1.1/1.1, sum
