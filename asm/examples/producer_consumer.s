; A producer and a consumer on two cores, with the FIFO of their messages between them.
;
; The producer could send every 3 cycles; the consumer needs 8 cycles for an item (a chain of two
; multiplies). The FIFO fills, and from then on the producer waits for credits: it runs at the
; consumer's pace, with no other signal between the two. `total` = sum of 9 * i for i = 0 .. ITEMS
; - 1.
.dlen 64
.equ ITEMS, 500
.equ PRODUCER, 0
.equ CONSUMER, 1

.region results, shared, lo=0.0.0/1.1.1/1.1.1/1.1, pages=1
.init producer.r1 = 1
.init consumer.r3 = 3

.sentron producer, id=PRODUCER
.mark "produce"
  { CLOOP l0, ITEMS, sent }
  { CPACK m0, r0, r0 }
  { DADD r0, r0, r1 }                   ; the next item
sent:
  { CSEND m0, CONSUMER } :l0
.endmark

.sentron consumer, id=CONSUMER
.mark "consume"
  { CLOOP l0, ITEMS, used }
  { CRECV r1, PRODUCER }
  { DMUL r2, r1, r3 }
  { DMUL r2, r2, r3 }
used:
  { DADD r0, r0, r2 } :l0
.endmark
  { SSCATTR [0.0.0/1.1.1/1.1.1/1.1], r0, 8 }
.end

.host run producer consumer
.host print 0.0.0/1.1.1/1.1.1/1.1, total
