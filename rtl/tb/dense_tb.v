// The D-pipe for tests/rtl. Registers come and go in 512 bits; those above DLEN are zero.
module dense_tb #(
    parameter DLEN = 128
) (
    input  wire         clk,
    input  wire [ 95:0] slot,
    input  wire [511:0] rs1,
    input  wire [511:0] rs2,
    input  wire [511:0] rs3,
    input  wire [511:0] old,
    output wire [ 15:0] dlen,
    output wire [511:0] y1,
    output wire [511:0] y3,
    output wire [511:0] y4,
    output wire [511:0] y6,
    output wire [511:0] y8,
    output wire         branch
);
  wire [DLEN-1:0] low1, low3, low4, low6, low8;
  assign dlen = DLEN[15:0];
  dpipe #(.DLEN(DLEN)) dut (
      .clk(clk),
      .slot(slot),
      .rs1(rs1[DLEN-1:0]),
      .rs2(rs2[DLEN-1:0]),
      .rs3(rs3[DLEN-1:0]),
      .old(old[DLEN-1:0]),
      .y1(low1),
      .y3(low3),
      .y4(low4),
      .y6(low6),
      .y8(low8),
      .branch(branch)
  );
  wire [1023:0] wide1 = {{(1024 - DLEN) {1'b0}}, low1}, wide3 = {{(1024 - DLEN) {1'b0}}, low3};
  wire [1023:0] wide4 = {{(1024 - DLEN) {1'b0}}, low4}, wide6 = {{(1024 - DLEN) {1'b0}}, low6};
  wire [1023:0] wide8 = {{(1024 - DLEN) {1'b0}}, low8};
  assign y1 = wide1[511:0];
  assign y3 = wide3[511:0];
  assign y4 = wide4[511:0];
  assign y6 = wide6[511:0];
  assign y8 = wide8[511:0];
  wire unused = &{1'b0, rs1, rs2, rs3, old, wide1, wide3, wide4, wide6, wide8};
endmodule
