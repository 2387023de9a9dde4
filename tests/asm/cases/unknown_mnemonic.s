{ SGATER r0, [p0], 8 }
