// One 32-bit lane of DDOT.i8: y = c + the sum of four products of signed bytes. Wraps. 4 cycles.
module i8_dot #(
    parameter CUT4 = 1  // 0: without its last register
) (
    input  wire        clk,
    input  wire [31:0] w,  // weights
    input  wire [31:0] x,  // activations
    input  wire [31:0] c,
    output wire [31:0] y
);
  wire [63:0] products, products1;
  genvar j;
  generate
    for (j = 0; j < 4; j = j + 1) begin : product
      wire signed [7:0] wj = w[8*j+:8], xj = x[8*j+:8];
      assign products[16*j+:16] = wj * xj;
    end
  endgenerate
  wire [31:0] c1;
  pipe_reg #(.WIDTH(96)) cut1 (.clk(clk), .d({products, c}), .q({products1, c1}));

  // Four products of 16 bits: their sum has 18.
  wire signed [17:0] p0 = {{2{products1[15]}}, products1[15:0]};
  wire signed [17:0] p1 = {{2{products1[31]}}, products1[31:16]};
  wire signed [17:0] p2 = {{2{products1[47]}}, products1[47:32]};
  wire signed [17:0] p3 = {{2{products1[63]}}, products1[63:48]};
  wire [17:0] sum2;
  wire [31:0] c2;
  pipe_reg #(.WIDTH(50)) cut2 (.clk(clk), .d({p0 + p1 + p2 + p3, c1}), .q({sum2, c2}));

  wire [31:0] sum3;
  pipe_reg #(.WIDTH(32)) cut3 (.clk(clk), .d(c2 + {{14{sum2[17]}}, sum2}), .q(sum3));
  pipe_reg #(.WIDTH(32), .STAGE(CUT4)) cut4 (.clk(clk), .d(sum3), .q(y));
endmodule
