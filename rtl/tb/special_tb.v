// An argument a cycle through all three special functions, for tests/rtl. Each function has a unit
// of its own, whose constant selector lets Verilator drop the tables and shifts of the other two;
// that the selector works, and may change every cycle, is tested in the D-pipe (dense_tb.v). The
// argument is in a register, so that what depends on it is evaluated once a cycle.
module special_tb (
    input  wire        clk,
    input  wire [31:0] x,
    output wire [31:0] exp2,
    output wire [31:0] rcp,
    output wire [31:0] rsq
);
  reg [31:0] held;
  always @(posedge clk) held <= x;
  f32_special exp2_unit (.clk(clk), .function_(2'd0), .x(held), .y(exp2));
  f32_special rcp_unit (.clk(clk), .function_(2'd1), .x(held), .y(rcp));
  f32_special rsq_unit (.clk(clk), .function_(2'd2), .x(held), .y(rsq));
endmodule
