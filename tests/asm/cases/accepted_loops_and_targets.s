.dlen 64
outer:
  { CLOOP l3, 10, last }
  { CLOOP l0, r5, last }
  { DADD r0, r0, r1 }
last:
  { DADD r0, r0, r1 } :l0 :l3
  { DBR r0[0], outer | CLOOP l0, 2, @6 }
  { DBR.z r0[0], @0 }
"a label, quoted":
  { DADD r0, r0, r1 } : l0
  { CSPAWN 1, "a label, quoted" }
end:
.sentron main, id=0, entry=outer, end=end
.sentron other, id=1, dormant, entry=@0, end=@8, home=[1,2,3,4,5,6,7,8,9,10,11]
