; microvtpu: (3 * 7) * 2 = 42 by Alice, doubled by Bob (architecture, section 8).
;
;   vtpu asm microvtpu.s && vtpu run microvtpu.siw --machine r23w6
;
; Expected: alice.r4 = 42, final = 84; Alice 9 operations in 6 cycles = 1.5 ops/cycle and 50 %
; utilisation, Bob 1.0 ops/cycle, PTC 6 hits of 11. Under --machine spec the same program has the
; same results and real latencies. (r23w6 would map cells on first touch; the region makes the
; program complete for machines that do not.)

.dlen 64                                ; v0.1's own register width

.region work, shared, lo=0.0.0/1.1.1/1.1.1/1.1, pages=2      ; D0 = 0..7

.init alice.p0 = 1.1.1/1.1.1/1.1.1/1.1
.init alice.p1 = 2.1.1/1.1.1/1.1.1/1.1
.init alice.p2 = 3.1.1/1.1.1/1.1.1/1.1
.init alice.p3 = 4.1.1/1.1.1/1.1.1/1.1
.init bob.p0   = 5.1.1/1.1.1/1.1.1/1.1

.sentron alice, id=0
  { SGATHER r0, [p0], 8 }
  { SGATHER r1, [p1], 8 }
  { SGATHER r2, [p2], 8 }
  { DMUL r3, r0, r1 | SPREFCH.l1 [p3] | CPACK m0, r0, r1 }
  { DMUL r4, r3, r2 }
  { SSCATTR [p3], r4, 8 | CSEND m0, 1 }

.sentron bob, id=1
  { DADD r1, r0, r0 }
  { SSCATTR [p0], r1, 8 }

; The host between the phases: it takes no cycles, but its accesses count in the PTC of core 0.
.host write 1.1.1/1.1.1/1.1.1/1.1, 3
.host write 2.1.1/1.1.1/1.1.1/1.1, 7
.host write 3.1.1/1.1.1/1.1.1/1.1, 2
.host write 4.1.1/1.1.1/1.1.1/1.1, 5
.host run alice
.host read 4.1.1/1.1.1/1.1.1/1.1 -> bob.r0
.host run bob
.host print 5.1.1/1.1.1/1.1.1/1.1, final
