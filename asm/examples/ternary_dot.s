; A matrix of trits times a vector of bytes, beside the same matrix in bytes.
;
; A line of 64 bytes holds 256 trits or 64 bytes of weights, and either is one operand: DTDOT does
; 256 multiply-adds, DDOT.i8 64. A block is 16 rows by 64 columns, 4 lines of trits or 16 of
; bytes. Both kernels do BLOCKS blocks with four lines in flight, and wait for DDR: a quarter of
; the lines is a quarter of the cycles.
;
; In the first block the rows are +1 for columns 0..15, -1 for 16..31, 0, and +1 for 48..63; the
; activations are 1, 2, 3, 4 in these columns: y = 16 - 32 + 0 + 64 = 48. The other blocks are
; zero.
.equ BLOCKS, 16

.region trits, rom, lo=0.0.0/1.1.1/1.1.1/1.1, pages=2
.region bytes, rom, lo=0.0.0/2.1.1/1.1.1/1.1, pages=5
.region results, shared, lo=0.0.0/3.1.1/1.1.1/1.1, pages=1
.data trits, t2 1 x 256, -1 x 256, 0 x 256, 1 x 256
.data bytes, i8 1 x 256, -1 x 256, 0 x 256, 1 x 256

.init main.p0 = 0.0.0/1.1.1/1.1.1/1.1
.init main.p1 = 0.0.0/2.1.1/1.1.1/1.1
.init main.r15 = i8 1 x 16, 2 x 16, 3 x 16, 4 x 16

.sentron main, id=0
.mark "trits"
  { SGATHER r0, [p0], 64 | CSTEP p0, linear, 1 }
  { SGATHER r1, [p0], 64 | CSTEP p0, linear, 1 }
  { SGATHER r2, [p0], 64 | CSTEP p0, linear, 1 }
  { SGATHER r3, [p0], 64 | CSTEP p0, linear, 1 }
  { CLOOP l0, BLOCKS, trits }
  { DTDOT r8, r0, r15[0], r8   | SGATHER r0, [p0], 64 | CSTEP p0, linear, 1 }
  { DTDOT r9, r1, r15[1], r9   | SGATHER r1, [p0], 64 | CSTEP p0, linear, 1 }
  { DTDOT r10, r2, r15[2], r10 | SGATHER r2, [p0], 64 | CSTEP p0, linear, 1 }
trits:
  { DTDOT r11, r3, r15[3], r11 | SGATHER r3, [p0], 64 | CSTEP p0, linear, 1 } :l0
  { DADD.i32 r8, r8, r9 }
  { DADD.i32 r10, r10, r11 }
  { DADD.i32 r12, r8, r10 }
.mark "bytes"
  { DMOV.i32 r8, 0  | SGATHER r0, [p1], 64 | CSTEP p1, linear, 1 }
  { DMOV.i32 r9, 0  | SGATHER r1, [p1], 64 | CSTEP p1, linear, 1 }
  { DMOV.i32 r10, 0 | SGATHER r2, [p1], 64 | CSTEP p1, linear, 1 }
  { DMOV.i32 r11, 0 | SGATHER r3, [p1], 64 | CSTEP p1, linear, 1 }
  { CLOOP l0, BLOCKS, bytes }
  { DDOT.i8 r8, r0, r15[0], r8    | SGATHER r0, [p1], 64 | CSTEP p1, linear, 1 }
  { DDOT.i8 r9, r1, r15[1], r9    | SGATHER r1, [p1], 64 | CSTEP p1, linear, 1 }
  { DDOT.i8 r10, r2, r15[2], r10  | SGATHER r2, [p1], 64 | CSTEP p1, linear, 1 }
  { DDOT.i8 r11, r3, r15[3], r11  | SGATHER r3, [p1], 64 | CSTEP p1, linear, 1 }
  { DDOT.i8 r8, r0, r15[4], r8    | SGATHER r0, [p1], 64 | CSTEP p1, linear, 1 }
  { DDOT.i8 r9, r1, r15[5], r9    | SGATHER r1, [p1], 64 | CSTEP p1, linear, 1 }
  { DDOT.i8 r10, r2, r15[6], r10  | SGATHER r2, [p1], 64 | CSTEP p1, linear, 1 }
  { DDOT.i8 r11, r3, r15[7], r11  | SGATHER r3, [p1], 64 | CSTEP p1, linear, 1 }
  { DDOT.i8 r8, r0, r15[8], r8    | SGATHER r0, [p1], 64 | CSTEP p1, linear, 1 }
  { DDOT.i8 r9, r1, r15[9], r9    | SGATHER r1, [p1], 64 | CSTEP p1, linear, 1 }
  { DDOT.i8 r10, r2, r15[10], r10 | SGATHER r2, [p1], 64 | CSTEP p1, linear, 1 }
  { DDOT.i8 r11, r3, r15[11], r11 | SGATHER r3, [p1], 64 | CSTEP p1, linear, 1 }
  { DDOT.i8 r8, r0, r15[12], r8   | SGATHER r0, [p1], 64 | CSTEP p1, linear, 1 }
  { DDOT.i8 r9, r1, r15[13], r9   | SGATHER r1, [p1], 64 | CSTEP p1, linear, 1 }
  { DDOT.i8 r10, r2, r15[14], r10 | SGATHER r2, [p1], 64 | CSTEP p1, linear, 1 }
bytes:
  { DDOT.i8 r11, r3, r15[15], r11 | SGATHER r3, [p1], 64 | CSTEP p1, linear, 1 } :l0
  { DADD.i32 r8, r8, r9 }
  { DADD.i32 r10, r10, r11 }
  { DADD.i32 r13, r8, r10 }
.endmark
  { SSCATTR [0.0.0/3.1.1/1.1.1/1.1], r12, 4 }
  { SSCATTR [1.0.0/3.1.1/1.1.1/1.1], r13, 4 }
.end

.host run main
.host print 0.0.0/3.1.1/1.1.1/1.1, trits
.host print 1.0.0/3.1.1/1.1.1/1.1, bytes
