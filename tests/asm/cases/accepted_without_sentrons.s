.nomain
.symbol second, @1
.symbol first, @0
.symbol first, @1
{ DNOP }
{ DNOP }
