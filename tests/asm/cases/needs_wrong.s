.needs queue=0
.needs cores=9
.needs depth=4
{ DNOP }
