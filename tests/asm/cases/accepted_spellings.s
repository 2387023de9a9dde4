// three kinds of comments, any order of slots, any case, SIWs over several lines
.dlen 128                         # DLEN
.EQU  step, (1 << 4) - 15 * 1     ; 1
start:
  { }
  { - | - | - }
  { DNOP | SNOP | CNOP }
  { cbar 0
  | SGATHER.M R1, [P2], 8, AT 8   ; a comment inside
  | dAdd.I32 r2, r3, r4[3] }
  { DADD r0, r1, r2 }             // i64 is the default
  { DADD.i64 r0, r1, r2 }
  { DMOV.f32 r0, 1 }
  { DMOV.f32 r0, 0x3f800000 }
  { DMOV.f32 r0, -1.5e-3 }
  { DMOV.f32 r0, -inf }
  { DMOV.f32 r0, nan }
  { DMOV.bf16 r0, 0.1 }
  { DMOV r0, -(3 + 4) * 2 }
  { DMOV r0, (0b101 | 2) }
  { DMOV.i32 r0, 0xffff_ffff }
  { DMOV r0, r1[1] }
  { DCVT.f32.i8.s r0, r1, scale r2[3], part 1, round away }
  { DCVT.f32.i8.s r0, r1, round away, part 1, scale r2[3] }
  { DCVT.i8.t2 r0, r1, part 3 }
  { DTDOT r0, r1, r2[0], r0 }
  { DEXP2 r0, r1[3] }
  { SINDEX.c p0, [p1], d10, -1, index r3 }
  { SINDEX p0, [1.2.3/4.5.6/7.8.9/10.11], byte, 16 }
  { SPREFCH.l1 [1,2,3,4,5,6,7,8,9,10,*] }
  { SPREFCH.nta [1.2.3/4.5.6/7.8.9/10.11+63*] }
  { SGATHER r0, [1 + step, 2 * 3, (4), 4, 5, 6, 7, 8, 9, 10, 2047]+8, 8 }
  { SGATHER r0, [step.step.(step+1)/0.0.0/0.0.0/0.0], 16 }
  { CSLICE 3, d2, 0, 2047 }
  { CRECV.n r0, 2 }
  { CREDUCE.f32.max r0, r1, 15 }
  { CFENCE.cluster }
  { CHALT }
