.dlen 512
.region box, private, core=3, lo=0.0.0/0.0.0/0.0.0/0.0, extent=2.3.4/5
.region pages, rom, node=all, lo=0.0.0/0.0.0/0.0.0/0.1, pages=1024
.region "third one", shared, node=2, lo=4.8.12/1.0.0/0.0.0/0.2, pages=3
.data box, i64 1, -1, 0xffffffffffffffff
.data box, 4.0.0/0.0.0/0.0.0/0.0+8, i32 -1 x 3, i8 -128, 255, bytes 0xff, "A\n\x00\"", bf16 1.0, 0x1234
.data pages, f32 0.1, 1, 0x80000000, inf,
  -0.0 x 2
.data pages, t2 1, 0, -1, 1, -1
.data @2, t2, hex 0102, hex 04 x 4
.init main.r0 = f32 1.0 x 16
.init main.r1 = -2
.init main.p7 = 1.2.3/4.5.6/7.8.9/10.11+63*
.init main.m3 = hex 00112233445566778899
.host write [1,1,1,1,1,1,1,1,1,1,1]+56, f32 1.0, 2.0
.host print 1.1.1/1.1.1/1.1.1/1.1, "a \"name\""
.host read 1.1.1/1.1.1/1.1.1/1.1 -> @0.r15
.host run main
.sentron main, id=15, node=2
  .mark attention, layer=3
  { DNOP }
  { DNOP }
  .mark "feed forward"
  { DNOP }
  .endmark
  { DNOP }
.group 7, node=2, main
.end
