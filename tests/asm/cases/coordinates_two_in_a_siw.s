; only S operations have coordinates today, so this is two S operations as well
{ SGATHER r0, [1.1.1/1.1.1/1.1.1/1.1], 8 | SFLUSH [2.1.1/1.1.1/1.1.1/1.1] }
