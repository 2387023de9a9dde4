// Lanes of the D-pipe side by side, for tests/rtl: dot products of bytes and of trits, and a
// conversion of the widest kind.
module lanes_tb (
    input  wire         clk,
    input  wire [ 31:0] i8_w,
    input  wire [ 31:0] i8_x,
    input  wire [ 31:0] i8_c,
    output wire [ 31:0] i8_y,
    input  wire [ 31:0] t2_w,
    input  wire [127:0] t2_x,
    input  wire [ 31:0] t2_c,
    output wire [ 31:0] t2_y,
    input  wire [  2:0] from,
    input  wire [  2:0] to,
    input  wire [  1:0] round,
    input  wire         saturate,
    input  wire         scaled,
    input  wire [ 31:0] scale,
    input  wire [ 63:0] x,
    output wire [ 63:0] y
);
  i8_dot bytes (.clk(clk), .w(i8_w), .x(i8_x), .c(i8_c), .y(i8_y));
  t2_dot trits (.clk(clk), .w(t2_w), .x(t2_x), .c(t2_c), .y(t2_y));
  convert_lane converter (
      .clk(clk),
      .from(from),
      .to(to),
      .round(round),
      .saturate(saturate),
      .scaled(scaled),
      .scale(scale),
      .x(x),
      .y(y)
  );
endmodule
