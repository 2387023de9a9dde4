; Bemerkung: größer
{ DADD r0, r1, r2 } größer
