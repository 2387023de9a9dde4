; A sum over eight sentrons of eight cores, three ways: along a chain of messages (seven in a
; row), by a tree (three in a row), and by the collective, which is the same for every member.
;
; Sentron i holds 2^i, so each way gives 255, and a number that came twice or never would show.
; Each way begins and ends with a barrier, so that sentron 0's cycles in a kernel are the time
; that it took.
.dlen 64
.region results, shared, lo=0.0.0/1.1.1/1.1.1/1.1, pages=1
.group 0, 0..7

.init s0.r0 = 1
.init s1.r0 = 2
.init s2.r0 = 4
.init s3.r0 = 8
.init s4.r0 = 16
.init s5.r0 = 32
.init s6.r0 = 64
.init s7.r0 = 128

.sentron s0, id=0
  { CBAR 0 }
.mark "chain"
  { CRECV r1, 1 }
  { DADD r2, r0, r1 }
  { CBAR 0 }
.mark "tree"
  { CRECV r1, 1 }                       ; 1 sentron
  { DADD r3, r0, r1 | CRECV r1, 2 }     ; 2 sentrons
  { DADD r3, r3, r1 | CRECV r1, 4 }     ; 4 sentrons
  { DADD r3, r3, r1 | CBAR 0 }
.mark "collective"
  { CREDUCE.i64.sum r4, r0, 0 }
  { CBAR 0 }
.endmark
  { SSCATTR [0.0.0/1.1.1/1.1.1/1.1], r2, 8 }
  { SSCATTR [1.0.0/1.1.1/1.1.1/1.1], r3, 8 }
  { SSCATTR [2.0.0/1.1.1/1.1.1/1.1], r4, 8 }

; The others: their part of the chain, their part of the tree, the collective.
.sentron s1, id=1
  { CBAR 0 }
  { CRECV r1, 2 }
  { DADD r2, r0, r1 }
  { CPACK m0, r2, r2 }
  { CSEND m0, 0 }
  { CBAR 0 }
  { CPACK m1, r0, r0 }
  { CSEND m1, 0 }
  { CBAR 0 }
  { CREDUCE.i64.sum r4, r0, 0 }
  { CBAR 0 }

.sentron s2, id=2
  { CBAR 0 }
  { CRECV r1, 3 }
  { DADD r2, r0, r1 }
  { CPACK m0, r2, r2 }
  { CSEND m0, 1 }
  { CBAR 0 }
  { CRECV r1, 3 }
  { DADD r3, r0, r1 }
  { CPACK m1, r3, r3 }
  { CSEND m1, 0 }
  { CBAR 0 }
  { CREDUCE.i64.sum r4, r0, 0 }
  { CBAR 0 }

.sentron s3, id=3
  { CBAR 0 }
  { CRECV r1, 4 }
  { DADD r2, r0, r1 }
  { CPACK m0, r2, r2 }
  { CSEND m0, 2 }
  { CBAR 0 }
  { CPACK m1, r0, r0 }
  { CSEND m1, 2 }
  { CBAR 0 }
  { CREDUCE.i64.sum r4, r0, 0 }
  { CBAR 0 }

.sentron s4, id=4
  { CBAR 0 }
  { CRECV r1, 5 }
  { DADD r2, r0, r1 }
  { CPACK m0, r2, r2 }
  { CSEND m0, 3 }
  { CBAR 0 }
  { CRECV r1, 5 }
  { DADD r3, r0, r1 | CRECV r1, 6 }
  { DADD r3, r3, r1 }
  { CPACK m1, r3, r3 }
  { CSEND m1, 0 }
  { CBAR 0 }
  { CREDUCE.i64.sum r4, r0, 0 }
  { CBAR 0 }

.sentron s5, id=5
  { CBAR 0 }
  { CRECV r1, 6 }
  { DADD r2, r0, r1 }
  { CPACK m0, r2, r2 }
  { CSEND m0, 4 }
  { CBAR 0 }
  { CPACK m1, r0, r0 }
  { CSEND m1, 4 }
  { CBAR 0 }
  { CREDUCE.i64.sum r4, r0, 0 }
  { CBAR 0 }

.sentron s6, id=6
  { CBAR 0 }
  { CRECV r1, 7 }
  { DADD r2, r0, r1 }
  { CPACK m0, r2, r2 }
  { CSEND m0, 5 }
  { CBAR 0 }
  { CRECV r1, 7 }
  { DADD r3, r0, r1 }
  { CPACK m1, r3, r3 }
  { CSEND m1, 4 }
  { CBAR 0 }
  { CREDUCE.i64.sum r4, r0, 0 }
  { CBAR 0 }

.sentron s7, id=7
  { CBAR 0 }
  { CPACK m0, r0, r0 }
  { CSEND m0, 6 }
  { CBAR 0 }
  { CPACK m1, r0, r0 }
  { CSEND m1, 6 }
  { CBAR 0 }
  { CREDUCE.i64.sum r4, r0, 0 }
  { CBAR 0 }
.end

.host run s0 s1 s2 s3 s4 s5 s6 s7
.host print 0.0.0/1.1.1/1.1.1/1.1, chain
.host print 1.0.0/1.1.1/1.1.1/1.1, tree
.host print 2.0.0/1.1.1/1.1.1/1.1, collective
