// f32 fused multiply-add: y = a * b + c, rounded once to nearest even (architecture, section 2).
//
// Subnormals are kept, every NaN is 0x7fc00000. Four parts, each followed by a cut (pipe_reg):
//
//   CUT1  unpack, product of the significands (48 bits), exponents
//   CUT2  the addend shifted to the product's place; both in a window of 78 bits
//   CUT3  sum, sign, number of leading zeros
//   CUT4  normalised, rounded, packed
//
// The window. Bit 0 gathers what was shifted out of the addend, bits 50..3 are the product, bits
// 76..53 the addend when it is not shifted. An addend further to the left than that stays there: the
// product is then below its rounding bit, and how far below does not matter.
//
//   76          53 52 51 50                      3  2  1  0
//   [ addend 24 ]        [  product 48            ]        sticky
module f32_fma #(
    parameter CUT1 = 1,
    parameter CUT2 = 1,
    parameter CUT3 = 1,
    parameter CUT4 = 1
) (
    input  wire        clk,
    input  wire [31:0] a,
    input  wire [31:0] b,
    input  wire [31:0] c,
    output wire [31:0] y
);
  localparam [31:0] NAN = 32'h7fc00000;

  // --- unpack and multiply -----------------------------------------------------------------------
  wire a_zero = a[30:0] == 0, b_zero = b[30:0] == 0;
  wire a_inf = a[30:0] == 31'h7f800000, b_inf = b[30:0] == 31'h7f800000;
  wire c_inf = c[30:0] == 31'h7f800000;
  wire any_nan = a[30:0] > 31'h7f800000 || b[30:0] > 31'h7f800000 || c[30:0] > 31'h7f800000;
  wire p_inf = a_inf || b_inf;
  wire p_sign = a[31] ^ b[31];
  wire p_zero = a_zero || b_zero;
  wire invalid = any_nan || (a_inf && b_zero) || (b_inf && a_zero) ||
      (p_inf && c_inf && p_sign != c[31]);

  // A subnormal has the exponent of the smallest normal number and no hidden bit.
  wire [7:0] a_exp = a[30:23] == 0 ? 8'd1 : a[30:23];
  wire [7:0] b_exp = b[30:23] == 0 ? 8'd1 : b[30:23];
  wire [7:0] c_exp = c[30:23] == 0 ? 8'd1 : c[30:23];
  wire [23:0] a_sig = {a[30:23] != 0, a[22:0]};
  wire [23:0] b_sig = {b[30:23] != 0, b[22:0]};
  wire [23:0] c_sig = {c[30:23] != 0, c[22:0]};
  wire [47:0] product = a_sig * b_sig;
  // Biased exponent of the product's bit 46. A product of zero is below everything.
  wire signed [10:0] p_exp =
      p_zero ? -11'sd400 : $signed({3'b000, a_exp}) + $signed({3'b000, b_exp}) - 11'sd127;

  wire [1:0] special = invalid ? 2'd3 : p_inf || c_inf ? 2'd2 : 2'd0;
  wire special_sign = p_inf ? p_sign : c[31];

  wire [47:0] product1;
  wire [23:0] c_sig1;
  wire signed [10:0] p_exp1;
  wire [7:0] c_exp1;
  wire [1:0] special1;
  wire p_sign1, c_sign1, special_sign1;
  pipe_reg #(.WIDTH(48 + 24 + 11 + 8 + 2 + 3), .STAGE(CUT1)) cut1 (
      .clk(clk),
      .d({product, c_sig, p_exp, c_exp, special, p_sign, c[31], special_sign}),
      .q({product1, c_sig1, p_exp1, c_exp1, special1, p_sign1, c_sign1, special_sign1})
  );

  // --- align -------------------------------------------------------------------------------------
  // The addend moves right by this many bits from the top of the window.
  wire signed [10:0] distance = p_exp1 - $signed({3'b000, c_exp1}) + 11'sd27;
  wire above = distance <= 0;
  wire [6:0] shift = above ? 7'd0 : distance > 11'sd78 ? 7'd78 : distance[6:0];
  wire [153:0] c_wide = {c_sig1, 130'b0} >> shift;
  wire [77:0] c_window = {1'b0, c_wide[153:78], c_wide[77:0] != 0};
  wire [77:0] p_window = {27'b0, product1, 3'b0};
  // Biased exponent of bit 76.
  wire signed [10:0] exp76 = above ? $signed({3'b000, c_exp1}) : p_exp1 + 11'sd27;
  wire subtract = p_sign1 ^ c_sign1;

  wire [77:0] c_window2, p_window2;
  wire signed [10:0] exp76_2;
  wire [1:0] special2;
  wire subtract2, p_sign2, c_sign2, special_sign2;
  pipe_reg #(.WIDTH(78 + 78 + 11 + 2 + 4), .STAGE(CUT2)) cut2 (
      .clk(clk),
      .d({c_window, p_window, exp76, special1, subtract, p_sign1, c_sign1, special_sign1}),
      .q({c_window2, p_window2, exp76_2, special2, subtract2, p_sign2, c_sign2, special_sign2})
  );

  // --- add ---------------------------------------------------------------------------------------
  // Both differences at once: which is not negative says which is larger.
  wire [78:0] p_less = {1'b0, p_window2} - {1'b0, c_window2};
  wire [77:0] c_less = c_window2 - p_window2;
  wire c_larger = p_less[78];
  wire [77:0] sum = !subtract2 ? p_window2 + c_window2 : c_larger ? c_less : p_less[77:0];
  // An exact zero is +0 unless both are negative (round to nearest).
  wire sign = sum == 0 ? p_sign2 & c_sign2 : c_larger ? c_sign2 : p_sign2;
  wire [6:0] zeros;
  leading_zeros #(.WIDTH(78), .COUNT(7)) count (.x(sum), .n(zeros));

  wire [77:0] sum3;
  wire [6:0] zeros3;
  wire signed [10:0] exp76_3;
  wire [1:0] special3;
  wire sign3, special_sign3;
  pipe_reg #(.WIDTH(78 + 7 + 11 + 2 + 2), .STAGE(CUT3)) cut3 (
      .clk(clk),
      .d({sum, zeros, exp76_2, special2, sign, special_sign2}),
      .q({sum3, zeros3, exp76_3, special3, sign3, special_sign3})
  );

  // --- normalise and round -----------------------------------------------------------------------
  // The leading one goes to bit 77, whose exponent is exp76 + 1, as far as the exponent allows:
  // never below 1, so that small results are subnormal.
  wire signed [10:0] most = exp76_3; // (exp76 + 1) - 1
  wire tiny = most < $signed({4'b0, zeros3});
  wire below = most < 0;  // even the top of the window is: to the right, else to the left
  wire signed [10:0] right = -most;
  wire [6:0] left_shift = tiny ? most[6:0] : zeros3;
  wire [6:0] right_shift = right > 11'sd79 ? 7'd79 : right[6:0];
  wire [77:0] to_left = sum3 << left_shift;
  wire [156:0] to_right = {sum3, 79'b0} >> right_shift;
  wire [23:0] kept = below ? to_right[156:133] : to_left[77:54];
  wire half = below ? to_right[132] : to_left[53];
  wire rest = below ? to_right[131:0] != 0 : to_left[52:0] != 0;
  wire round_up = half && (rest || kept[0]);
  // The exponent field that goes with a hidden bit; without one it is 0, which the hidden bit that
  // is added below makes right, also when rounding carries into it.
  wire signed [10:0] exponent = tiny ? 11'sd0 : exp76_3 - $signed({4'b0, zeros3});
  wire [33:0] packed_value = {exponent[10:0], 23'b0} + {10'b0, kept} + {33'b0, round_up};
  wire overflow = packed_value[33:23] >= 11'd255 && sum3 != 0;
  wire [31:0] finite =
      sum3 == 0 ? {sign3, 31'b0} : overflow ? {sign3, 31'h7f800000} : {sign3, packed_value[30:0]};
  wire [31:0] result =
      special3 == 2'd3 ? NAN : special3 == 2'd2 ? {special_sign3, 31'h7f800000} : finite;

  pipe_reg #(.WIDTH(32), .STAGE(CUT4)) cut4 (.clk(clk), .d(result), .q(y));
endmodule
