; The refused SFREE tells of "nothing is allocated" as well: its code is that of SFREE.
.dlen 64
.sentron a, id=0
  { DMOV r1, 1 }
  { - | SFREE [1.1.1/1.1.1/1.1.1/1.1] | - }
