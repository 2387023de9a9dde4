.region a, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
.data a, t2 1, 0, -1, i8 1
