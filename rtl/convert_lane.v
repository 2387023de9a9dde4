// One lane of DCVT: source -> f32 [* scale] -> destination, or integer to integer. 4 cycles.
//
// The D-pipe brings the lane's source to bit 0 and takes the result from bit 0 (convert.v). WIDE is
// the widest type that this lane number can have: only the first lanes are ever i64.
//
//   cut 1   source as f32, or as an integer
//   cut 2,3 times the scale (1 where there is none, which also makes every NaN the canonical one)
//   cut 4   rounded to the destination
`include "isa.vh"
module convert_lane #(
    parameter WIDE = 64,
    parameter CUT4 = 1   // 0: without its last register
) (
    input  wire            clk,
    input  wire [     2:0] from,
    input  wire [     2:0] to,
    input  wire [     1:0] round,
    input  wire            saturate,
    input  wire            scaled,
    input  wire [    31:0] scale,
    input  wire [WIDE-1:0] x,
    output wire [WIDE-1:0] y
);
  localparam [31:0] ONE = 32'h3f800000;

  // --- the source --------------------------------------------------------------------------------
  wire from_float = from == `TYPE_F32 || from == `TYPE_BF16;
  wire to_float = to == `TYPE_F32 || to == `TYPE_BF16;
  wire through_f32 = scaled || from_float || to_float;
  wire [63:0] x64 = {{(64 - WIDE) {1'b0}}, x};
  // Trits: 01 = 1, 10 = -1, 11 = 0.
  wire [WIDE-1:0] trit = x[1:0] == 2'b01 ? {{(WIDE - 1) {1'b0}}, 1'b1} :
      x[1:0] == 2'b10 ? {WIDE{1'b1}} : {WIDE{1'b0}};
  /* verilator lint_off UNUSEDSIGNAL */  // a narrow lane leaves the upper bits alone
  reg [63:0] integer64;
  /* verilator lint_on UNUSEDSIGNAL */
  always @* begin
    case (from)
      `TYPE_I64: integer64 = x64;
      `TYPE_I32: integer64 = {{32{x64[31]}}, x64[31:0]};
      `TYPE_I8: integer64 = {{56{x64[7]}}, x64[7:0]};
      default: integer64 = {{(64 - WIDE) {trit[WIDE-1]}}, trit};
    endcase
  end
  wire [31:0] from_integer;
  int_to_f32 #(.WIDTH(WIDE)) convert_in (.x(integer64[WIDE-1:0]), .y(from_integer));
  wire [31:0] value = from == `TYPE_F32 ? x64[31:0] : from == `TYPE_BF16 ? {x64[15:0], 16'd0} :
      from_integer;

  wire [31:0] value1, scale1;
  wire [WIDE-1:0] integer1;
  wire [2:0] to1;
  wire [1:0] round1;
  wire saturate1, through1;
  pipe_reg #(.WIDTH(64 + WIDE + 7)) cut1 (
      .clk(clk),
      .d({value, scaled ? scale : ONE, integer64[WIDE-1:0], to, round, saturate, through_f32}),
      .q({value1, scale1, integer1, to1, round1, saturate1, through1})
  );

  // --- the scale ---------------------------------------------------------------------------------
  // Zero with the product's sign leaves the product as it is.
  wire [31:0] product3;
  f32_fma #(.CUT1(1), .CUT2(0), .CUT3(1), .CUT4(0)) multiply (
      .clk(clk),
      .a(value1),
      .b(scale1),
      .c({value1[31] ^ scale1[31], 31'd0}),
      .y(product3)
  );
  wire [WIDE-1:0] integer2, integer3;
  wire [6:0] how2, how3;
  pipe_reg #(.WIDTH(WIDE + 7)) wait2 (
      .clk(clk),
      .d({integer1, to1, round1, saturate1, through1}),
      .q({integer2, how2})
  );
  pipe_reg #(.WIDTH(WIDE + 7)) wait3 (.clk(clk), .d({integer2, how2}), .q({integer3, how3}));
  wire [2:0] to3 = how3[6:4];
  wire [1:0] round3 = how3[3:2];
  wire saturate3 = how3[1], through3 = how3[0];

  // --- the destination ---------------------------------------------------------------------------
  wire trits = to3 == `TYPE_T2;
  reg [5:0] width;
  always @* begin
    case (to3)
      `TYPE_I64: width = 6'd0;
      `TYPE_I32: width = 6'd32;
      `TYPE_I8: width = 6'd8;
      default: width = 6'd2;
    endcase
  end
  wire [WIDE-1:0] rounded;
  f32_to_int #(.MOST(WIDE)) convert_out (
      .x(product3),
      .round(round3),
      .width(width),
      .saturate(saturate3 || trits),
      .y(rounded)
  );
  // An integer that is cut: saturated, if wanted, to 32 or 8 bits.
  wire signed [63:0] whole = {{(64 - WIDE) {integer3[WIDE-1]}}, integer3};
  wire signed [63:0] most = to3 == `TYPE_I8 ? 64'sd127 : 64'sd2147483647;
  wire can_saturate = saturate3 && (to3 == `TYPE_I8 || to3 == `TYPE_I32);
  /* verilator lint_off UNUSEDSIGNAL */  // a narrow lane leaves the upper bits alone
  wire signed [63:0] cut = can_saturate && whole > most ? most :
      can_saturate && whole < -most - 64'sd1 ? -most - 64'sd1 : whole;
  /* verilator lint_on UNUSEDSIGNAL */
  wire [WIDE-1:0] integer_result = through3 ? rounded : cut[WIDE-1:0];
  wire positive = !integer_result[WIDE-1] && integer_result != {WIDE{1'b0}};
  wire [1:0] trit_result = {integer_result[WIDE-1], positive};

  wire nan = product3[30:0] > 31'h7f800000;
  // Rounding adds one if more than half is cut, or half and the rest is odd.
  wire bf16_up = product3[15] && (product3[14:0] != 0 || product3[16]);
  wire [15:0] bf16 = nan ? 16'h7fc0 : product3[31:16] + {15'd0, bf16_up};
  /* verilator lint_off UNUSEDSIGNAL */  // a narrow lane leaves the upper bits alone
  reg [63:0] result;
  /* verilator lint_on UNUSEDSIGNAL */
  always @* begin
    case (to3)
      `TYPE_F32: result = {32'd0, product3};
      `TYPE_BF16: result = {48'd0, bf16};
      `TYPE_T2: result = {62'd0, trit_result};
      default: result = {{(64 - WIDE) {1'b0}}, integer_result};
    endcase
  end
  pipe_reg #(.WIDTH(WIDE), .STAGE(CUT4)) cut4 (.clk(clk), .d(result[WIDE-1:0]), .q(y));
endmodule
