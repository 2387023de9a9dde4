.sentron a, id=0
.sentron b, id=1
  { DNOP }
