{ CSTEP.x p0, d3, 1 }
