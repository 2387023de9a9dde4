{ CSTEP r0, linear, 1 }
