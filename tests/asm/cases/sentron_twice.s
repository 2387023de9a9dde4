.sentron a, id=3
  { DNOP }
.sentron b, id=3
  { DNOP }
