; Double buffering: the next line is fetched while this one is worked on.
;
; Both kernels read LINES lines from DDR and evaluate 1 + x + ... + x^15 by Horner's rule for each
; of their 16 elements: 16 dependent multiply-adds, 64 cycles. `single` fetches into one register,
; so each line costs fetch + work; `double` alternates between two, so it costs the longer of
; both.
;
; x is 1 everywhere: both sums are 16 * LINES = 2048 in every lane.
.equ LINES, 128                         ; 64 a page
.equ DEGREE, 16

.region first, private, core=0, lo=0.0.0/1.1.1/1.1.1/1.1, pages=2
.region second, private, core=0, lo=0.0.0/2.1.1/1.1.1/1.1, pages=4   ; one line too many
.region results, shared, lo=0.0.0/3.1.1/1.1.1/1.1, pages=1
.data first, f32 1.0 x LINES * 16
.data second, f32 1.0 x LINES * 16

.init main.p0 = 0.0.0/1.1.1/1.1.1/1.1
.init main.p1 = 0.0.0/2.1.1/1.1.1/1.1
.init main.r15 = f32 1.0 x 16           ; every coefficient

.sentron main, id=0
.mark "single"
  { CLOOP l0, LINES, single }
  { SGATHER r1, [p0], 64 | CSTEP p0, linear, 1 }
  { DMOV.f32 r2, 0.0 | CLOOP l1, DEGREE, horner }
horner:
  { DFMA.f32 r2, r2, r1, r15 } :l1
single:
  { DADD.f32 r8, r8, r2 } :l0
.mark "double"
  { SGATHER r1, [p1], 64 | CSTEP p1, linear, 1 }
  { CLOOP l0, LINES / 2, double }
  { DMOV.f32 r2, 0.0 | SGATHER r3, [p1], 64 | CLOOP l1, DEGREE, even }
even:
  { DFMA.f32 r2, r2, r1, r15 } :l1
  { DADD.f32 r9, r9, r2 | CSTEP p1, linear, 1 }
  { DMOV.f32 r2, 0.0 | SGATHER r1, [p1], 64 | CLOOP l1, DEGREE, odd }
odd:
  { DFMA.f32 r2, r2, r3, r15 } :l1
double:
  { DADD.f32 r9, r9, r2 | CSTEP p1, linear, 1 } :l0
.endmark
  { DCVT.f32.i32 r8, r8 }
  { DCVT.f32.i32 r9, r9 }
  { SSCATTR [0.0.0/3.1.1/1.1.1/1.1], r8, 4 }
  { SSCATTR [1.0.0/3.1.1/1.1.1/1.1], r9, 4 }
.end

.host run main
.host print 0.0.0/3.1.1/1.1.1/1.1, single
.host print 1.0.0/3.1.1/1.1.1/1.1, double
