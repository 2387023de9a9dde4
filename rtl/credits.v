// The credits of one sentron for messages to another: DEPTH at first, one less a message, one more
// for each that comes back. What comes back with this cycle's edge can be used in the next.
module credits #(
    parameter DEPTH = 8
) (
    input  wire clk,
    input  wire reset,
    input  wire take,
    input  wire back,
    output wire some
);
  localparam BITS = $clog2(DEPTH + 1);
  reg [BITS-1:0] count;
  assign some = count != {BITS{1'b0}};
  always @(posedge clk) begin
    if (reset) count <= DEPTH[BITS-1:0];
    else if (take && !back) count <= count - 1'b1;
    else if (back && !take) count <= count + 1'b1;
  end
endmodule
