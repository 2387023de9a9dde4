.equ N, 12
{ DADX r0, r1, r2 }
{ DADD r0, r1, r2 | SGATHER r1, [p9], 8 }
.regin a
{ CLOOP l0, M, end }
