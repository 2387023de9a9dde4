.region a, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
