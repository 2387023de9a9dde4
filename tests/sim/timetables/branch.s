; A taken branch costs `branch` cycles, one that is not taken none (section 5, test 1; sim/README 1).
; Else fetch delivers one SIW a cycle.
;machine branch=0
;machine branch=1
;machine
.dlen 64
.init main.r1 = 1
      { DBR r1[0], over }
      { DADD r9, r9, r9 }               ;= never
over: { DBR.z r1[0], back }             ;= t + 1 + branch  branch
back: { DBR r2[0], back }
      { DADD r3, r3, r3 }
      { DADD r4, r4, r4 }
