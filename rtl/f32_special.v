// 2^x, 1/x and 1/sqrt(x) of f32, within 1 ulp: the arithmetic of isa/num_special.c, bit for bit.
//
// Argument to one range, four coefficients of a segment from the ROM, a cubic by Horner's rule, one
// rounding. Six parts, a cut after each: latency 6 (LATENCY_SPECIAL).
//
//   1 unpack, normalise   2 ROM   3 c2 + (c3 t >> w)   4 c1 + ..   5 c0 + .. = y   6 round
//
// function_: 0 exp2, 1 reciprocal, 2 reciprocal square root. w is 24 for exp2, else 17.
module f32_special #(
    parameter CUT6 = 1  // 0: without its last register
) (
    input  wire        clk,
    input  wire [ 1:0] function_,
    input  wire [31:0] x,
    output wire [31:0] y
);
`include "num_tables.vh"
  localparam [31:0] NAN = 32'h7fc00000;
  localparam EXP2 = 2'd0, RCP = 2'd1;

  // --- 1: the argument ---------------------------------------------------------------------------
  wire [7:0] field = x[30:23];
  wire nan = x[30:0] > 31'h7f800000, inf = x[30:0] == 31'h7f800000, zero = x[30:0] == 0;
  wire is_exp2 = function_ == EXP2, is_rcp = function_ == RCP;

  // Reciprocals: x = m * 2^(e - 23), bit 23 of m set.
  wire [4:0] zeros;
  leading_zeros #(.WIDTH(24), .COUNT(5)) count (.x({1'b0, x[22:0]}), .n(zeros));
  /* verilator lint_off UNUSEDSIGNAL */  // bit 23 is 1
  wire [23:0] m = field != 0 ? {1'b1, x[22:0]} : {1'b0, x[22:0]} << zeros;
  /* verilator lint_on UNUSEDSIGNAL */
  wire signed [9:0] e =
      field != 0 ? $signed({2'b0, field}) - 10'sd127 : -10'sd126 - $signed({5'b0, zeros});
  wire signed [9:0] e_half = (e - $signed({9'b0, e[0]})) >>> 1;

  // exp2: fixed point with 30 fraction bits, rounded down.
  wire big = field >= 8'd135;  // |x| >= 256
  wire [23:0] magnitude = {field != 0, x[22:0]};
  wire signed [24:0] signed_m = x[31] ? -$signed({1'b0, magnitude}) : $signed({1'b0, magnitude});
  wire signed [8:0] shift = $signed({1'b0, field}) - 9'sd120;
  wire [3:0] up = shift < 0 ? 4'd0 : shift[3:0];  // below 15 unless `big`
  wire [5:0] down = shift >= 0 ? 6'd0 : shift < -9'sd32 ? 6'd32 : -shift[5:0];
  wire signed [39:0] wide = {{15{signed_m[24]}}, signed_m};
  wire signed [39:0] fixed = (wide <<< up) >>> down;

  wire [6:0] segment = is_exp2 ? {1'b0, fixed[29:24]} : {!is_rcp && e[0], m[22:17]};
  wire [23:0] t = is_exp2 ? fixed[23:0] : {7'b0, m[16:0]};
  wire signed [9:0] exponent = is_exp2 ? fixed[39:30] : is_rcp ? -e : -e_half;
  wire sign = is_rcp && x[31];
  reg known;
  reg [31:0] answer;  // where no arithmetic is needed
  always @* begin
    known = 1'b1;
    answer = NAN;
    if (nan) answer = NAN;
    else if (is_exp2 && big) answer = x[31] ? 32'h0 : 32'h7f800000;
    else if (is_rcp && inf) answer = {x[31], 31'h0};
    else if (!is_exp2 && zero) answer = {x[31], 31'h7f800000};
    else if (!is_exp2 && !is_rcp && x[31]) answer = NAN;
    else if (!is_exp2 && inf) answer = 32'h0;
    else known = 1'b0;
  end

  wire [1:0] f1;
  wire [6:0] segment1;
  wire [23:0] t1;
  wire [43:0] rest1;
  pipe_reg #(.WIDTH(2 + 7 + 24 + 44)) cut1 (
      .clk(clk),
      .d({function_, segment, t, exponent, sign, known, answer}),
      .q({f1, segment1, t1, rest1})
  );

  // --- 2: the coefficients -----------------------------------------------------------------------
  wire [NUM_ROM_BITS-1:0] row = f1 == EXP2 ? num_exp2_rom(segment1[5:0]) :
      f1 == RCP ? num_rcp_rom(segment1[5:0]) : num_rsq_rom(segment1);
  wire [NUM_C0_BITS-1:0] c0_2;
  wire signed [NUM_C1_BITS-1:0] c1_2;
  wire signed [NUM_C2_BITS-1:0] c2_2;
  wire signed [NUM_C3_BITS-1:0] c3_2;
  wire fine2;  // w is 24
  wire [23:0] t2;
  wire [43:0] rest2;
  pipe_reg #(.WIDTH(99 + 1 + 24 + 44)) cut2 (
      .clk(clk),
      .d({row, f1 == EXP2, t1, rest1}),
      .q({c0_2, c1_2, c2_2, c3_2, fine2, t2, rest2})
  );

  // --- 3, 4, 5: Horner; the widest product has 28 by 25 bits --------------------------------------
  /* verilator lint_off UNUSEDSIGNAL */  // above the bits that are kept is the sign again
  wire signed [24:0] t2s = {1'b0, t2};
  wire signed [52:0] p3 = c3_2 * t2s;
  wire signed [52:0] q3 = fine2 ? p3 >>> 24 : p3 >>> 17;
  wire signed [27:0] s3 = {{6{c2_2[21]}}, c2_2} + q3[27:0];
  wire [32:0] c0_3;
  wire signed [27:0] c1_3, s3r;
  wire fine3;
  wire [23:0] t3;
  wire [43:0] rest3;
  pipe_reg #(.WIDTH(33 + 28 + 28 + 1 + 24 + 44)) cut3 (
      .clk(clk),
      .d({c0_2, c1_2, s3, fine2, t2, rest2}),
      .q({c0_3, c1_3, s3r, fine3, t3, rest3})
  );

  wire signed [24:0] t3s = {1'b0, t3};
  wire signed [52:0] p4 = s3r * t3s;
  wire signed [52:0] q4 = fine3 ? p4 >>> 24 : p4 >>> 17;
  wire signed [29:0] s4 = {{2{c1_3[27]}}, c1_3} + q4[29:0];
  wire [32:0] c0_4;
  wire signed [29:0] s4r;
  wire fine4;
  wire [23:0] t4;
  wire [43:0] rest4;
  pipe_reg #(.WIDTH(33 + 30 + 1 + 24 + 44)) cut4 (
      .clk(clk),
      .d({c0_3, s4, fine3, t3, rest3}),
      .q({c0_4, s4r, fine4, t4, rest4})
  );

  wire signed [24:0] t4s = {1'b0, t4};
  wire signed [54:0] p5 = s4r * t4s;
  wire signed [54:0] q5 = fine4 ? p5 >>> 24 : p5 >>> 17;
  /* verilator lint_on UNUSEDSIGNAL */
  wire [34:0] s5 = {2'b0, c0_4} + q5[34:0];
  wire [34:0] y5;
  wire signed [9:0] exponent5;
  wire sign5, known5;
  wire [31:0] answer5;
  pipe_reg #(.WIDTH(35 + 44)) cut5 (
      .clk(clk),
      .d({s5, rest4}),
      .q({y5, exponent5, sign5, known5, answer5})
  );

  // --- 6: y * 2^(exponent - 32), y in (2^31, 2^33], to nearest even ------------------------------
  wire low = y5 < 35'h1_0000_0000;
  wire [33:0] y6 = low ? {y5[32:0], 1'b0} : y5[33:0];
  wire signed [9:0] e6 = low ? exponent5 - 10'sd1 : exponent5;
  wire over = e6 > 10'sd127;
  wire under = e6 < -10'sd126;
  wire [4:0] below = 5'd2 - e6[4:0];  // -126 - e6, below 27
  wire [4:0] extra = !under ? 5'd0 : e6 < -10'sd152 ? 5'd26 : below;
  // 9 fraction bits go, and `extra` more.
  wire [59:0] shifted = {y6, 26'b0} >> extra;
  wire [24:0] kept = shifted[59:35];
  wire half = shifted[34], rest = shifted[33:0] != 0;
  wire [7:0] biased = under ? 8'd0 : e6[7:0] + 8'd126;
  wire [30:0] rounded = {biased, 23'b0} + {6'b0, kept} + {30'b0, half && (rest || kept[0])};
  wire [31:0] result = known5 ? answer5 : over ? {sign5, 31'h7f800000} : {sign5, rounded};
  pipe_reg #(.WIDTH(32), .STAGE(CUT6)) cut6 (.clk(clk), .d(result), .q(y));
endmodule
