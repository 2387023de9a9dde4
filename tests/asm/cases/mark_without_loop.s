{ DADD r0, r0, r1 }
{ DADD r0, r0, r1 } :l2
