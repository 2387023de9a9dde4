; The example stream of the public vTPU specification v0.1, section 3.6: a knowledge lookup that
; computes a similarity and reports it. Four SIWs, twelve operations, all three pipes always busy.
;
;   vtpu asm spec_stream.s && vtpu run spec_stream.siw
;
; Expected (--registers shows them): r2 = 2 * 3 + 0 = 6, r5 = 1.5 (gathered), r6 = 7.5,
; r7 = all ones (7.5 >= 5). Slots of one SIW read before any writes, so the third SIW stores the
; r6 of before (0.25), as a double-buffered stream does.
;
; What the specification leaves open or has in more than one node is set here so that the stream
; runs on a single one; raise `nodes` of the machine, declare the receivers and change these for a
; cluster.
.equ NODE_3, 0                  ; no other node: the message comes back to its sender
.equ SENTRON_17, 17 - 16        ; number 17 of a cluster with 16 a node
.equ BARRIER_0, 0               ; a group; the specification counts 6, here it is the stream alone

.region knowledge, rom,    lo=[0,0,4,1,5,9,2,6,5,3,5], pages=1
.region nearby,    rom,    lo=[0,0,4,1,5,9,2,6,5,3,6], pages=1
.region results,   shared, lo=[0,0,0,0,0,0,0,0,0,0,1], pages=1
.data knowledge, [3,1,4,1,5,9,2,6,5,3,5], f32 1.5 x 16

.group BARRIER_0, stream
.sentron stream, id=0, entry=lookup, end=done
.sentron receiver, id=SENTRON_17, dormant, entry=lookup, end=done   ; never started

.init stream.r3  = f32 2.0 x 16
.init stream.r4  = f32 3.0 x 16
.init stream.r6  = f32 0.25 x 16
.init stream.r8  = f32 5.0 x 16         ; threshold
.init stream.r9  = i64 0x11             ; header
.init stream.r10 = i64 SENTRON_17       ; destination

lookup:
  ; prefetch the target, clear the sum, prepare a message
  { DMOV.f32 r1, 0.0        | SPREFCH.l2 [3,1,4,1,5,9,2,6,5,3,5]   | CPACK m0, r9, r10 }
  ; multiply the cached embeddings, gather the target, route
  { DFMA.f32 r2, r3, r4, r1 | SGATHER r5, [3,1,4,1,5,9,2,6,5,3,5], 64 | CROUTE m0, NODE_3 }
  ; accumulate, store the result of before, send
  { DADD.f32 r6, r2, r5     | SSCATTR [0,0,0,0,0,0,0,0,0,0,1], r6, 8 | CSEND m0, SENTRON_17 }
  ; compare with the threshold, prefetch the next, meet the group
  { DCMP.f32.ge r7, r6, r8  | SPREFCH.l2 [3,1,4,1,5,9,2,6,5,3,6]   | CBAR BARRIER_0 }
done:
