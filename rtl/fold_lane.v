// One step of a reduction on a 64-bit lane: a and b folded by sum, maximum, minimum, and, or, xor.
// 2 cycles, so that a tree of four steps has the latency of DRED.
`include "isa.vh"
module fold_lane #(
    parameter CUT2 = 1  // 0: without its last register
) (
    input  wire        clk,
    input  wire [ 2:0] type_,
    input  wire [ 3:0] mode,
    input  wire [63:0] a,
    input  wire [63:0] b,
    output wire [63:0] y
);
  localparam [31:0] ONE = 32'h3f800000;
  reg [7:0] op;
  always @* begin
    case (mode)
      `MODE_RED_SUM: op = `OP_DADD;
      `MODE_RED_MAX: op = `OP_DMAX;
      `MODE_RED_MIN: op = `OP_DMIN;
      `MODE_RED_AND: op = `OP_DAND;
      `MODE_RED_OR: op = `OP_DOR;
      default: op = `OP_DXOR;
    endcase
  end
  wire [63:0] plain, plain1, added;
  alu_lane alu (
      .op(op),
      .type_(type_),
      .mode(4'd0),
      .k(6'd0),
      .imm(32'd0),
      .a(a),
      .b(b),
      .c(64'd0),
      .y(plain)
  );
  wire floats1;
  wire floats = type_ == `TYPE_F32 && mode == `MODE_RED_SUM;
  pipe_reg #(.WIDTH(65)) cut1 (.clk(clk), .d({floats, plain}), .q({floats1, plain1}));
  f32_fma #(.CUT1(0), .CUT2(1), .CUT3(0), .CUT4(0)) low (
      .clk(clk),
      .a(a[31:0]),
      .b(ONE),
      .c(b[31:0]),
      .y(added[31:0])
  );
  f32_fma #(.CUT1(0), .CUT2(1), .CUT3(0), .CUT4(0)) high (
      .clk(clk),
      .a(a[63:32]),
      .b(ONE),
      .c(b[63:32]),
      .y(added[63:32])
  );
  pipe_reg #(.WIDTH(64), .STAGE(CUT2)) cut2 (
      .clk(clk),
      .d(floats1 ? added : plain1),
      .q(y)
  );
endmodule
