.dlen 64
{ DNOP }
.init main.r0 = i64 1, 2
