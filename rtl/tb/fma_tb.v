// f32_fma alone, for tests/rtl: an operation a cycle.
module fma_tb (
    input  wire        clk,
    input  wire [31:0] a,
    input  wire [31:0] b,
    input  wire [31:0] c,
    output wire [31:0] y
);
  f32_fma fma (.clk(clk), .a(a), .b(b), .c(c), .y(y));
endmodule
