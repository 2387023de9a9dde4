{ CLOOP l0, 4, first }
{ CLOOP l1, 4, second }
first:
{ DADD r0, r0, r1 } :l0
second:
{ DADD r0, r0, r1 } :l1
