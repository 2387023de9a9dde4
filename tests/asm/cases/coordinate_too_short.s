{ SGATHER r0, [1,2,3], 8 }
