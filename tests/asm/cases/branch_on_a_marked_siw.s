{ CLOOP l0, 4, last }
last:
{ DADD r0, r0, r1 } :l0
{ CLOOP l0, 4, end }
end:
{ DBR r0[0], last } :l0
