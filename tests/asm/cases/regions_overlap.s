{ DNOP }
.region a, shared, lo=0.0.0/0.0.0/0.0.0/0.0, pages=4
.region b, rom, lo=12.0.0/0.0.0/0.0.0/0.0, pages=1
