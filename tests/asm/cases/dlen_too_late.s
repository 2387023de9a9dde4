{ DNOP }
.dlen 64
