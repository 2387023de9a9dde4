.regoin a, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1
