{ CLOOP l0, 4, last }
{ DADD r0, r0, r1 }
last:
