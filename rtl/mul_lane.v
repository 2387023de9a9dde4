// One 64-bit lane of the integer multiplications and counts (latency class mul, 3 cycles):
// DMUL and DFMA of i64 and i32, DHDENC, DHDSIM, DTERNARY, DTPOP, DTACC.
//
//   cut 1   operands of the multiplier chosen; trits and differing bits counted
//   cut 2   products
//   cut 3   sum, of i64 with the crossed products
`include "isa.vh"
module mul_lane #(
    parameter CUT3 = 1  // 0: without its last register
) (
    input  wire        clk,
    input  wire [ 7:0] op,
    input  wire        wide,  // i64, or no type
    input  wire [31:1] imm,   // bit 0 does not count: the width is made odd
    input  wire [63:0] a,
    input  wire [63:0] b,
    input  wire [63:0] c,     // addend; of DTACC the old rd
    output wire [63:0] y
);
  localparam [63:0] HD_VALUE = 64'h9E3779B97F4A7C15, HD_WIDTH = 64'h517CC1B727220A95;

  // --- counts ------------------------------------------------------------------------------------
  function [6:0] ones(input [63:0] x);
    integer i;
    begin
      ones = 7'd0;
      for (i = 0; i < 64; i = i + 1) ones = ones + {6'd0, x[i]};
    end
  endfunction
  localparam [63:0] LOW = 64'h5555555555555555;
  wire ternary = op == `OP_DTERNARY || op == `OP_DTACC;
  wire [6:0] plus = ones(b & ~(b >> 1) & LOW), minus = ones((b >> 1) & ~b & LOW);
  wire signed [7:0] net = $signed({1'b0, plus}) - $signed({1'b0, minus});
  wire [6:0] nonzero = ones((a ^ (a >> 1)) & LOW), differing = ones(a ^ b);
  wire [63:0] count = op == `OP_DTPOP ? {57'd0, nonzero} : 64'd64 - {57'd0, differing};

  // --- the multiplier's operands -----------------------------------------------------------------
  wire encode = op == `OP_DHDENC;
  wire counts = op == `OP_DTPOP || op == `OP_DHDSIM;
  wire adds = op == `OP_DFMA || op == `OP_DTACC;
  // imm is sign-extended, then made odd (hd_encode of the model).
  wire [63:0] odd = {{32{imm[31]}}, imm[31:1], 1'b1};
  wire [63:0] x = a;
  wire [63:0] m = encode ? HD_VALUE : ternary ? {{56{net[7]}}, net} : b;
  wire [63:0] z = counts ? count : encode ? odd : adds ? c : 64'd0;

  wire [63:0] x1, m1, z1;
  wire wide1, encode1, counts1;
  pipe_reg #(.WIDTH(3 * 64 + 3)) cut1 (
      .clk(clk),
      .d({x, m, z, wide || encode || ternary, encode, counts}),
      .q({x1, m1, z1, wide1, encode1, counts1})
  );

  // --- products ----------------------------------------------------------------------------------
  // i64 wants the low 64 bits: low * low and the two crossed products; i32 the low 32 of each half.
  wire [63:0] low_low = x1[31:0] * m1[31:0];
  wire [31:0] crossed = x1[63:32] * m1[31:0] + x1[31:0] * m1[63:32];
  wire [31:0] high_high = x1[63:32] * m1[63:32];
  wire [63:0] width_product = z1 * HD_WIDTH;
  wire [63:0] product = {wide1 ? low_low[63:32] : high_high, low_low[31:0]};
  wire [63:0] product2, z2;
  wire [31:0] crossed2;
  wire wide2, encode2, counts2;
  pipe_reg #(.WIDTH(2 * 64 + 32 + 3)) cut2 (
      .clk(clk),
      .d({product, wide1 ? crossed : 32'd0, encode1 ? width_product : z1, wide1, encode1, counts1}),
      .q({product2, crossed2, z2, wide2, encode2, counts2})
  );

  // --- sum ---------------------------------------------------------------------------------------
  wire [32:0] low = {1'b0, product2[31:0]} + {1'b0, z2[31:0]};
  wire [31:0] high = product2[63:32] + crossed2 + z2[63:32] + {31'd0, wide2 && low[32]};
  wire [63:0] sum = {high, low[31:0]};
  wire [63:0] result = counts2 ? z2 : encode2 ? {sum[31:0], sum[63:32]} : sum;
  pipe_reg #(.WIDTH(64), .STAGE(CUT3)) cut3 (.clk(clk), .d(result), .q(y));
endmodule
