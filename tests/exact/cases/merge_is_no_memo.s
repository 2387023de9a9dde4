; A gather joins a line in flight from DDR that is there a cycle later, in a round of a loop that is
; recorded: the next round's gather is from DDR, and not as fast again.
; machine: cores = 2
.dlen 128
.region rom1, rom, node=all, lo=68.0.0/0.0.305/0.0.0/0.2, extent=39
.region private3, private, core=1, node=all, lo=380.8.0/0.0.811/0.0.0/0.4, extent=4
.init n0s1.r6 = hex 7c641c4012af74401d2fe2bfb83327bf

.sentron n0s1, id=1, home=0.0.0/0.0.0/0.0.0/1.0, start
  { - | SINDEX p2, [97.0.2/0.0.305/0.0.0/0.2], linear, 0 | - }
  { - | SINDEX p3, [383.11.2/0.0.811/0.0.0/0.4], linear, 0 | - }
  { - | - | CLOOP l1, r6, last1 }
  { - | SGATHER r1, [p2], 16 | CSTEP p2, linear, 3 }
  { DSUB.f32 r5, r1[2], r7[2] | - | - }
  { - | SGATHER r6, [p3], 16 | CSTEP p3, linear, 1 }
last1: { DMOV.i8 r6, 2 | SGATHER r4, [p3], 16 | CSTEP p3, linear, 3 } :l1

.sentron n0s3, id=3, home=0.0.0/0.0.0/0.0.0/3.0, start
  { - | SINDEX p2, [391.9.0/0.0.811/0.0.0/0.4], linear, 0 | - }
  { - | - | CLOOP l3, 111, last3 }
  { - | - | - }
  { - | SGATHER r13, [p2], 16 | - }
last3: { DCVT.f32.bf16 r12, r7, scale r5 | - | CSTEP p2, linear, 1 } :l3
.end
