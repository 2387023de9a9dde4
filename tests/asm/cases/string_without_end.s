.mark "attention
{ DNOP }
