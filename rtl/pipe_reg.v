// A pipeline register that can be left out: STAGE = 1 is a register, 0 a wire.
//
// The units below name every place where they can be cut. How many cuts are registers is the unit's
// latency; which ones is a choice of timing, made by the module that uses the unit.
module pipe_reg #(
    parameter WIDTH = 1,
    parameter STAGE = 1
) (
    input  wire             clk,
    input  wire [WIDTH-1:0] d,
    output wire [WIDTH-1:0] q
);
  generate
    if (STAGE != 0) begin : cut
      reg [WIDTH-1:0] held;
      always @(posedge clk) held <= d;
      assign q = held;
    end else begin : through
      wire unused = clk;
      assign q = d;
    end
  endgenerate
endmodule
