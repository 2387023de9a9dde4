.region weights, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
.data wieghts, i8 1, 2, 3
