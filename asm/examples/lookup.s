; A hyperdimensional lookup: 16 vectors of 512 bits lie in an item memory; which of them is a
; damaged, role-bound query?
;
; "store" makes item i with DHDENC from a number that no other item has in any lane (the lanes of
; r0 differ, and it grows by 8 an item). "bind" takes item 11, binds it to a role (DHDBIND, which
; undoes itself) and flips every 5th bit. "find" unbinds the role and compares with all items:
; DHDSIM counts the equal bits of each 64-bit lane, DRED adds the lanes, compare and select keep
; the best. The right item agrees in all bits but the flipped ones, 512 - 8 * 13 = 408, the others
; in about 256.
.equ ITEMS, 16
.equ WANTED, 11
.equ WIDTH, 512

.region memory, private, core=0, lo=0.0.0/1.1.1/1.1.1/1.1, pages=1
.region results, shared, lo=0.0.0/2.1.1/1.1.1/1.1, pages=1

.init main.p0 = 0.0.0/1.1.1/1.1.1/1.1
.init main.p1 = 0.0.0/1.1.1/1.1.1/1.1
.init main.r0 = 0, 1, 2, 3, 4, 5, 6, 7
.init main.r1 = 8 x 8
.init main.r2 = 0x1337c0de5eed0b0e x 8          ; the role
.init main.r3 = 0x1084210842108421 x 8          ; the damage: 13 bits a lane
.init main.r4 = 1 x 8

.sentron main, id=0
.mark "store"
  { CLOOP l0, ITEMS, stored }
  { DHDENC r5, r0, WIDTH }
  { DADD r0, r0, r1 }
stored:
  { SSCATTR [p0], r5, 64 | CSTEP p0, linear, 1 } :l0
.mark "bind"
  { SINDEX p2, [0.0.0/1.1.1/1.1.1/1.1], linear, WANTED }
  { SGATHER r6, [p2], 64 }
  { DHDBIND r6, r6, r2 }
  { DHDBIND r6, r6, r3 }
.mark "find"
  { DHDBIND r6, r6, r2 | SGATHER r8, [p1], 64 | CSTEP p1, linear, 1 }
  { CLOOP l0, ITEMS, found }
  { DHDSIM r9, r6, r8 | SGATHER r8, [p1], 64 | CSTEP p1, linear, 1 }
  { DRED.i64.sum r9, r9 }
  { DCMP.i64.gt r10, r9, r11 }                  ; r11: the best so far
  { DSEL r11, r9, r11, r10 }
  { DSEL r12, r13, r12, r10 }                   ; r12: its number
found:
  { DADD r13, r13, r4 } :l0
.endmark
  { SSCATTR [0.0.0/2.1.1/1.1.1/1.1], r12, 8 }
  { SSCATTR [1.0.0/2.1.1/1.1.1/1.1], r11, 8 }
.end

.host run main
.host print 0.0.0/2.1.1/1.1.1/1.1, item
.host print 1.0.0/2.1.1/1.1.1/1.1, equal_bits
