// One 64-bit lane of the D-pipe: all that works lane by lane, two lanes of 32 bits or one of 64.
//
// Operands have been broadcast already (dpipe.v). Results leave before their last register, which is
// the D-pipe's: `alu` in the cycle of the operation, `mul` two cycles later, `sum` three,
// `special` five.
//
//   a b c --+--> alu_lane -------------------> alu
//           +--> mul_lane -------------------> mul
//           +--> f32_fma, dots (32 bits) ----> sum
//           +--> f32_special (32 bits) ------> special
`include "isa.vh"
module dense_lane (
    input  wire         clk,
    input  wire [  7:0] op,
    input  wire [  2:0] type_,
    input  wire [  3:0] mode,
    input  wire [  5:0] k,
    input  wire [ 31:0] imm,
    input  wire         wide,     // i64, or no type
    input  wire [ 63:0] a,
    input  wire [ 63:0] b,
    input  wire [ 63:0] c,
    input  wire [ 63:0] old,      // rd before
    input  wire [127:0] chunk,    // the sixteen activations of a t2 dot
    output wire [ 63:0] alu,
    output wire [ 63:0] mul,
    output wire [ 63:0] sum,
    output wire [ 63:0] special
);
  localparam [31:0] ONE = 32'h3f800000;
  alu_lane alu_ (
      .op(op),
      .type_(type_),
      .mode(mode),
      .k(k),
      .imm(imm),
      .a(a),
      .b(b),
      .c(c),
      .y(alu)
  );
  mul_lane #(.CUT3(0)) mul_ (
      .clk(clk),
      .op(op),
      .wide(wide),
      .imm(imm[31:1]),
      .a(a),
      .b(b),
      .c(op == `OP_DTACC ? old : c),
      .y(mul)
  );

  // a + b = a * 1 + b; a * b = a * b + zero of the product's sign.
  wire subtracts = op == `OP_DSUB, adds = op == `OP_DADD || subtracts, fuses = op == `OP_DFMA;
  localparam [1:0] FMA = 2'd0, I8 = 2'd1, BF16 = 2'd2, T2 = 2'd3;
  wire [1:0] from3;
  wire [1:0] from = op == `OP_DTDOT ? T2 : op != `OP_DDOT ? FMA : type_ == `TYPE_I8 ? I8 : BF16;
  delay #(.WIDTH(2), .CYCLES(3)) from_wait (.clk(clk), .d(from), .q(from3));
  wire [1:0] function_ = op == `OP_DEXP2 ? 2'd0 : op == `OP_DRCP ? 2'd1 : 2'd2;
  genvar h;
  generate
    for (h = 0; h < 2; h = h + 1) begin : half
      wire [31:0] ai = a[32*h+:32], bi = b[32*h+:32], ci = c[32*h+:32];
      wire [31:0] fma, i8, bf16, t2;
      f32_fma #(.CUT4(0)) fma_ (
          .clk(clk),
          .a(ai),
          .b(adds ? ONE : bi),
          .c(adds ? {bi[31] ^ subtracts, bi[30:0]} : fuses ? ci : {ai[31] ^ bi[31], 31'd0}),
          .y(fma)
      );
      i8_dot #(.CUT4(0)) i8_ (
          .clk(clk),
          .w(ai),
          .x(bi),
          .c(ci),
          .y(i8)
      );
      bf16_dot #(.CUT4(0)) bf16_ (
          .clk(clk),
          .w(ai),
          .x(bi),
          .c(ci),
          .y(bf16)
      );
      t2_dot #(.CUT4(0)) t2_ (
          .clk(clk),
          .w(ai),
          .x(chunk),
          .c(ci),
          .y(t2)
      );
      assign sum[32*h+:32] = from3 == FMA ? fma : from3 == I8 ? i8 : from3 == BF16 ? bf16 : t2;
      f32_special #(.CUT6(0)) special_ (
          .clk(clk),
          .function_(function_),
          .x(ai),
          .y(special[32*h+:32])
      );
    end
  endgenerate
endmodule
