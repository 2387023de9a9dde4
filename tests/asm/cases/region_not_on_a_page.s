{ DNOP }
.region a, shared, lo=1.0.0/0.0.0/0.0.0/0.0, pages=1
