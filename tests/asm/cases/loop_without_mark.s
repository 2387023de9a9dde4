{ CLOOP l1, 4, last }
{ DADD r0, r0, r1 }
last:
{ DADD r0, r0, r1 } :l0
