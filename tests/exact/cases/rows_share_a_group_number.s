; CSLICE gives each row its own group 5; the rows meet at the same time.
.dlen 64
.sentron a0, id=0, home=0.0.0/0.0.0/0.0.0/0.0, start, entry=row0, end=e0
.sentron a1, id=1, home=0.0.0/0.0.0/0.0.0/0.0, start, entry=row0, end=e0
.sentron b0, id=2, home=1.0.0/0.0.0/0.0.0/0.0, start, entry=row1, end=e1
.sentron b1, id=3, home=1.0.0/0.0.0/0.0.0/0.0, start, entry=row1, end=e1
row0:
  { CSLICE 5, d0, 0, 0 }
  { CBAR 5 }
  { CREDUCE.i64.sum r1, r0, 5 }
e0:
row1:
  { CSLICE 5, d0, 1, 1 }
  { CREDUCE.i64.max r1, r0, 5 }
  { CBAR 5 }
e1:
.init a0.r0 = 3
.init a1.r0 = 4
.init b0.r0 = 5
.init b1.r0 = 6
