{ DNOP }
.init main.r0 = 1
.init main.r0 = 2
