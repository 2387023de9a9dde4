.needs queue=4, queue=5
{ DNOP }
