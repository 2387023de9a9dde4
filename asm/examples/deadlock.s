; Two sentrons that wait for each other's message: the run ends with a report of who waits for
; what, and the status of a program that failed.
.dlen 64

.sentron left, id=0
  { CRECV r0, 1 }
  { CPACK m0, r0, r0 }
  { CSEND m0, 1 }

.sentron right, id=1
  { CRECV r0, 0 }
  { CPACK m0, r0, r0 }
  { CSEND m0, 0 }
