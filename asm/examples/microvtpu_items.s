; microvtpu's computation over ITEMS items, software-pipelined: result = (a * b) * c by Alice, who
; stores it and sends it to Bob, who doubles it and stores that. (What is left out is what nobody
; needs: the prefetch of a line that is written whole, item by item.)
;
; An item is 12 operations of Alice's: 2 D, 4 S, 6 C (four pointers, pack, send). The C-pipe binds:
; one item every 6 cycles, so at most 2.0 ops/cycle. Round i loads in cycles 6i, 6i + 1, 6i + 3,
; multiplies in 6i + 6 and 6i + 9, packs, sends and stores in 6i + 12 to 6i + 14: three rounds are
; in flight, and a load has 5 or 6 cycles, which is enough for L2. Bob waits for messages.
;
; Expected on --machine spec: the last result is 42, its double 84; once the data is in L2, Alice
; does ITEMS items in 6 * ITEMS + 15 cycles.
.dlen 64
.equ ITEMS, 1000
.equ ALICE, 0
.equ BOB, 1

.region inputs, private, core=ALICE, lo=0.0.0/1.1.1/1.1.1/1.1, pages=6
.region results, private, core=ALICE, lo=0.0.0/2.1.1/1.1.1/1.1, pages=2
.region doubles, private, core=BOB, lo=0.0.0/3.1.1/1.1.1/1.1, pages=2
.data inputs, 0.0.0/1.1.1/1.1.1/1.1, i64 3 x ITEMS
.data inputs, 8.0.0/1.1.1/1.1.1/1.1, i64 7 x ITEMS
.data inputs, 16.0.0/1.1.1/1.1.1/1.1, i64 2 x ITEMS

.sentron alice, id=ALICE
.mark "items"
  ; The pointers: every start of the program begins at the first item.
  { SINDEX p0, [0.0.0/1.1.1/1.1.1/1.1], byte, 0 }
  { SINDEX p1, [8.0.0/1.1.1/1.1.1/1.1], byte, 0 }
  { SINDEX p2, [16.0.0/1.1.1/1.1.1/1.1], byte, 0 }
  { SINDEX p3, [0.0.0/2.1.1/1.1.1/1.1], byte, 0 }
  ; Prologue: rounds 0 and 1 begin.
  { - | SGATHER r0, [p0], 8 | - }
  { - | SGATHER r1, [p1], 8 | - }
  { - | - | CSTEP p0, byte, 8 }
  { - | SGATHER r2, [p2], 8 | CSTEP p1, byte, 8 }
  { - | - | CSTEP p2, byte, 8 }
  { DMUL r3, r0, r1  | SGATHER r0, [p0], 8 | - }
  { - | SGATHER r1, [p1], 8 | - }
  { - | - | CSTEP p0, byte, 8 }
  { DMUL r4, r3, r2  | SGATHER r2, [p2], 8 | CSTEP p1, byte, 8 }
  { - | - | CSTEP p2, byte, 8 }
  { CLOOP l0, ITEMS - 2, round }
  ; Round i, i - 1 and i - 2 in one interval of 6.
  { DMUL r3, r0, r1  | SGATHER r0, [p0], 8     | CPACK m0, r4, r4 }
  {                    SGATHER r1, [p1], 8     | CSEND m0, BOB }
  {                    SSCATTR [p3], r4, 8     | CSTEP p0, byte, 8 }
  { DMUL r4, r3, r2  | SGATHER r2, [p2], 8     | CSTEP p1, byte, 8 }
  {                                              CSTEP p2, byte, 8 }
round:
  {                                              CSTEP p3, byte, 8 } :l0
  ; Epilogue: the last two rounds end.
  { DMUL r3, r0, r1  | CPACK m0, r4, r4 }
  {                    CSEND m0, BOB }
  {                    SSCATTR [p3], r4, 8     | CSTEP p3, byte, 8 }
  { DMUL r4, r3, r2 }
  { CPACK m0, r4, r4 }
  { SSCATTR [p3], r4, 8 | CSEND m0, BOB }
.endmark
.end

.sentron bob, id=BOB
.mark "doubles"
  { SINDEX p0, [0.0.0/3.1.1/1.1.1/1.1], byte, 0 }
  { CLOOP l0, ITEMS, next }
  { CRECV r0, ALICE }
  { DADD r1, r0, r0 }
next:
  { SSCATTR [p0], r1, 8 | CSTEP p0, byte, 8 } :l0
.endmark
.end

.host run alice bob
; byte 8 * (ITEMS - 1) = cell 124 of the region, in the Z-order of its second page, offset 56
.host print 6.2.3/2.1.1/1.1.1/1.1+56, result
.host print 6.2.3/3.1.1/1.1.1/1.1+56, double
