.dlen 64
.needs cores=8
.needs queue=4
{ DADD r0, r0, r0 }
