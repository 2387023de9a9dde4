; A counter goes back and forth between two sentrons of different cores; the second adds one each
; time. Expected: ping.r0 = ROUNDS, and a round trip costs twice the message latency of a node.
.dlen 64
.equ ROUNDS, 100
.equ PING, 0
.equ PONG, 1

.init pong.r1 = 1

.sentron ping, id=PING
  { CLOOP l0, ROUNDS, caught }
  { CPACK m0, r0, r0 }
  { CSEND m0, PONG }
caught:
  { CRECV r0, PONG } :l0

.sentron pong, id=PONG
  { CLOOP l0, ROUNDS, thrown }
  { CRECV r0, PING }
  { DADD r0, r0, r1 }
  { CPACK m0, r0, r0 }
thrown:
  { CSEND m0, PING } :l0
