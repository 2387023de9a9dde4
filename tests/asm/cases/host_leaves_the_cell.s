{ DNOP }
.host write 1.1.1/1.1.1/1.1.1/1.1+57, 1
