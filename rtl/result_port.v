// A result on its way to a register: it leaves CYCLES (1 or more) after it was made, and can be
// read in that cycle.
module result_port #(
    parameter WIDTH   = 64,
    parameter ADDRESS = 5,
    parameter CYCLES  = 1
) (
    input  wire               clk,
    input  wire               reset,
    input  wire               valid,
    input  wire [ADDRESS-1:0] address,
    input  wire [  WIDTH-1:0] data,
    output wire               out_valid,
    output wire [ADDRESS-1:0] out_address,
    output wire [  WIDTH-1:0] out_data
);
  reg [CYCLES-1:0] coming;
  integer i;
  always @(posedge clk) begin
    coming[0] <= valid && !reset;
    for (i = 1; i < CYCLES; i = i + 1) coming[i] <= coming[i-1] && !reset;
  end
  assign out_valid = coming[CYCLES-1];
  delay #(.WIDTH(ADDRESS + WIDTH), .CYCLES(CYCLES)) row (
      .clk(clk),
      .d({address, data}),
      .q({out_address, out_data})
  );
endmodule
