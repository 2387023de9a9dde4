// The arithmetic units side by side, for tests/rtl: one verilated model, each unit fed on its own.
module units_tb (
    input  wire        clk,
    input  wire [31:0] fma_a,
    input  wire [31:0] fma_b,
    input  wire [31:0] fma_c,
    output wire [31:0] fma_y,
    input  wire [ 1:0] special_function,
    input  wire [31:0] special_x,
    output wire [31:0] special_y
);
  f32_fma fma (.clk(clk), .a(fma_a), .b(fma_b), .c(fma_c), .y(fma_y));
  f32_special special (
      .clk(clk),
      .function_(special_function),
      .x(special_x),
      .y(special_y)
  );
endmodule
