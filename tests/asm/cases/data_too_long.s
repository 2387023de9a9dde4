.region a, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
.data a, f32 1.0 x 1024, 2.0
