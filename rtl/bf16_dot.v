// One 32-bit lane of DDOT.bf16: y = fma(w1, x1, fma(w0, x0, c)), each rounded to f32. 4 cycles: two
// multiply-adds of two cycles each; the second pair of operands waits for the first.
module bf16_dot #(
    parameter CUT4 = 1  // 0: without its last register
) (
    input  wire        clk,
    input  wire [31:0] w,
    input  wire [31:0] x,
    input  wire [31:0] c,
    output wire [31:0] y
);
  wire [31:0] first, w1, x1;
  f32_fma #(.CUT1(0), .CUT2(1), .CUT3(0), .CUT4(1)) even (
      .clk(clk),
      .a({w[15:0], 16'd0}),
      .b({x[15:0], 16'd0}),
      .c(c),
      .y(first)
  );
  wire [31:0] upper;
  pipe_reg #(.WIDTH(32)) wait1 (.clk(clk), .d({w[31:16], x[31:16]}), .q(upper));
  wire [31:0] upper2;
  pipe_reg #(.WIDTH(32)) wait2 (.clk(clk), .d(upper), .q(upper2));
  assign w1 = {upper2[31:16], 16'd0};
  assign x1 = {upper2[15:0], 16'd0};
  f32_fma #(.CUT1(0), .CUT2(1), .CUT3(0), .CUT4(CUT4)) odd (
      .clk(clk),
      .a(w1),
      .b(x1),
      .c(first),
      .y(y)
  );
endmodule
