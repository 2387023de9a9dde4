.region a, shared, lo=0.0.0/0.0.0/0.0.0/0.0, pages=513
