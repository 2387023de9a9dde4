; SFREE discards lines in the order of arrivals.
; machine: dlen = 64 bits
; machine: ptc_entries = 14 entries
; machine: ptc_ways = 7
; machine: l1_bytes = 448 bytes
; machine: l1_ways = 7
; machine: l2_bytes = 5 KiB
; machine: l2_ways = 5
; machine: l3_bytes = 2560 bytes
; machine: l3_ways = 10
.dlen 64

.sentron n0s3, id=3, home=0.0.0/0.0.0/0.0.0/3.0, start
  { - | SALLOC.shared r13, [0.0.0/0.0.0/0.0.0/0.1603], 4 | - }
  { - | SGATHER r1, [1.0.0/0.0.0/0.0.0/0.1603], 8 | - }
  { - | SSCATTR [1.0.0/0.0.0/0.0.0/0.1603], r12, 8 | - }
  { - | SFREE [0.0.0/0.0.0/0.0.0/0.1603] | - }
.end
