; A streaming loop at DLEN 512: D multiplies, S fetches, C steps, three useful operations a SIW.
;
; It walks PAGES pages (64 cells of 64 bytes each) PASSES times and sums weight * element in
; 16 f32 lanes. A gather is used four SIWs after its issue and a sum is touched again after four,
; so neither the L1 (2 cycles from issue) nor the f32 latency (4) is waited for.
;
; The first page holds ones, the others zeros, the weight is 2: every lane of a pass sums to
; 64 * 2 = 128, the 16 lanes to 2048, and `sum` is 2048 * PASSES = 8192.
.dlen 512
.equ PAGES, 256
.equ CELLS, PAGES * 64
.equ PASSES, 4
.equ WAYS, 4                            ; SIWs in the body, sums, and elements in flight

.region elements, private, core=0, lo=0.0.0/1.1.1/1.1.1/1.1, pages=PAGES
.region results, shared, lo=0.0.0/2.1.1/1.1.1/1.1, pages=1
.data elements, f32 1.0 x 64 * 16

.init main.p0 = 0.0.0/1.1.1/1.1.1/1.1
.init main.r12 = f32 2.0 x 16

.sentron main, id=0
.mark "stream"
  { CLOOP l1, PASSES, last }
pass:
  { CLOOP l0, CELLS / WAYS, round }
  { DFMA.f32 r8, r2, r12, r8    | SGATHER r2, [p0], 64 | CSTEP p0, linear, 1 }
  { DFMA.f32 r9, r3, r12, r9    | SGATHER r3, [p0], 64 | CSTEP p0, linear, 1 }
  { DFMA.f32 r10, r4, r12, r10  | SGATHER r4, [p0], 64 | CSTEP p0, linear, 1 }
round:
  { DFMA.f32 r11, r5, r12, r11  | SGATHER r5, [p0], 64 | CSTEP p0, linear, 1 } :l0
last:
  { CSTEP p0, linear, -CELLS } :l1
.mark "reduce"
  { DFMA.f32 r8, r2, r12, r8 }          ; the elements still in flight
  { DFMA.f32 r9, r3, r12, r9 }
  { DFMA.f32 r10, r4, r12, r10 }
  { DFMA.f32 r11, r5, r12, r11 }
  { DADD.f32 r8, r8, r9 }
  { DADD.f32 r10, r10, r11 }
  { DADD.f32 r8, r8, r10 }
  { DRED.f32.sum r0, r8 }
  { DCVT.f32.i64 r1, r0 }
  { SSCATTR [0.0.0/2.1.1/1.1.1/1.1], r1, 8 }
.endmark
.end

.host run main
.host print 0.0.0/2.1.1/1.1.1/1.1, sum
