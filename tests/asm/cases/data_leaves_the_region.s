{ DNOP }
.region a, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
.data a, 1.0.0/0.0.0/0.0.0/0.0, f32 1.0 x 1024
