; A core has memory_entries entries: with 16, the 17th operation waits until the first is complete,
; and not when it is complete in time; one more entry, and it does not wait (sections 4 and 5).
; Gathers, scatters and prefetches hold one each.
;machine
;machine ddr_latency=17
;machine ddr_latency=16
;machine memory_entries=17
;machine memory_entries=17 ddr_latency=16
.dlen 64
.region own, private, core=0, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
g1:   { SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 8 }
      { SGATHER r2, [1.0.0/0.0.0/0.0.0/0.0], 8 }      ;= t + ptc_miss  ptc
      { SSCATTR [2.0.0/0.0.0/0.0.0/0.0], r0, 8 }
      { SPREFCH.l1 [3.0.0/0.0.0/0.0.0/0.0] }
      { SGATHER r5, [0.1.0/0.0.0/0.0.0/0.0], 8 }
      { SSCATTR [1.1.0/0.0.0/0.0.0/0.0], r0, 8 }
      { SPREFCH.l1 [2.1.0/0.0.0/0.0.0/0.0] }
      { SGATHER r8, [3.1.0/0.0.0/0.0.0/0.0], 8 }
      { SSCATTR [0.2.0/0.0.0/0.0.0/0.0], r0, 8 }
      { SPREFCH.l1 [1.2.0/0.0.0/0.0.0/0.0] }
      { SGATHER r11, [2.2.0/0.0.0/0.0.0/0.0], 8 }
      { SSCATTR [3.2.0/0.0.0/0.0.0/0.0], r0, 8 }
      { SPREFCH.l1 [0.3.0/0.0.0/0.0.0/0.0] }
      { SGATHER r14, [1.3.0/0.0.0/0.0.0/0.0], 8 }
      { SSCATTR [2.3.0/0.0.0/0.0.0/0.0], r0, 8 }
      { SPREFCH.l1 [3.3.0/0.0.0/0.0.0/0.0] }
;  What needs no entry does not wait for one.
      { SINDEX p1, [p0], d0, 1 }
last: { SGATHER r9, [0.0.1/0.0.0/0.0.0/0.0], 8 }     ;= max(t + 1, (17 - memory_entries) * (g1 + ptc_miss + ddr_latency))  memory_entry
;  Its line is the 17th of DDR.
      { DADD r9, r9, r9 }   ;= max(last + ptc_hit, g1 + ptc_miss + 16 * ddr_slot / 256) + ddr_latency  ddr
;end t + 1
;count ddr_reads = 17
