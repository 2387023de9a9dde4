.dlen 1024
{ DNOP }
