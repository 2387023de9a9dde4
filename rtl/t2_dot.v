// One 32-bit lane of DTDOT: y = c + the sum of sixteen signed bytes, each times a trit (01 = +1,
// 10 = -1, 00 and 11 = 0). Wraps. 4 cycles.
module t2_dot #(
    parameter CUT4 = 1  // 0: without its last register
) (
    input  wire         clk,
    input  wire [ 31:0] w,  // sixteen trits
    input  wire [127:0] x,  // sixteen activations
    input  wire [ 31:0] c,
    output wire [ 31:0] y
);
  // Cut 1: terms of 9 bits (minus -128 is +128).
  wire [143:0] terms, terms1;
  wire [31:0] c1;
  genvar j;
  generate
    for (j = 0; j < 16; j = j + 1) begin : term
      wire [1:0] trit = w[2*j+:2];
      wire signed [8:0] xj = {x[8*j+7], x[8*j+:8]};
      assign terms[9*j+:9] = trit == 2'b01 ? xj : trit == 2'b10 ? -xj : 9'sd0;
    end
  endgenerate
  pipe_reg #(.WIDTH(176)) cut1 (.clk(clk), .d({terms, c}), .q({terms1, c1}));

  // Cut 2: sums of four. Cut 3: of sixteen, 13 bits.
  wire [43:0] fours, fours2;
  wire [31:0] c2, c3;
  generate
    for (j = 0; j < 4; j = j + 1) begin : four
      wire signed [8:0] t0 = terms1[36*j+:9], t1 = terms1[36*j+9+:9];
      wire signed [8:0] t2 = terms1[36*j+18+:9], t3 = terms1[36*j+27+:9];
      assign fours[11*j+:11] = {{2{t0[8]}}, t0} + {{2{t1[8]}}, t1} + {{2{t2[8]}}, t2} +
          {{2{t3[8]}}, t3};
    end
  endgenerate
  pipe_reg #(.WIDTH(76)) cut2 (.clk(clk), .d({fours, c1}), .q({fours2, c2}));
  wire [12:0] sum = {{2{fours2[10]}}, fours2[10:0]} + {{2{fours2[21]}}, fours2[21:11]} +
      {{2{fours2[32]}}, fours2[32:22]} + {{2{fours2[43]}}, fours2[43:33]};
  wire [12:0] sum3;
  pipe_reg #(.WIDTH(45)) cut3 (.clk(clk), .d({sum, c2}), .q({sum3, c3}));
  pipe_reg #(.WIDTH(32), .STAGE(CUT4)) cut4 (.clk(clk), .d(c3 + {{19{sum3[12]}}, sum3}), .q(y));
endmodule
