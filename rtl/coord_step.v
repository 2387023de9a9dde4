// The coordinate arithmetic of SINDEX and CSTEP (architecture, section 3): a coordinate moved along
// an axis. One adder for all axes: the step is shifted to where the axis begins in
//
//   126            6 5      0
//   | 121 bits      | offset |   raw form for d0..d10, linear form for axis 11 (linear), 12 (byte)
//
// and the sum is taken in so many bits that leaving phext space shows above bit 126. Without carry
// a dimension must leave those above it as they were. Combinational.
`include "isa.vh"
module coord_step #(
    parameter CURVE = `SPEC_CURVE
) (
    input  wire        [127:0] coord,
    input  wire        [  3:0] axis,
    input  wire signed [ 32:0] step,
    input  wire                carry,   // d0..d10: into the next dimension
    output wire        [127:0] result,
    output wire                fault    // it would leave phext space, or its dimension
);
  wire dimension = axis < `AXIS_LINEAR;
  wire [120:0] linear, raw;
  coord_linear #(.CURVE(CURVE)) to_linear (.x(coord[120:0]), .y(linear));

  wire [126:0] base = {dimension ? coord[120:0] : linear, coord[`COORD_OFFSET]};
  wire [7:0] shift = dimension ? 8'd6 + 8'd11 * {4'd0, axis} : axis == `AXIS_BYTE ? 8'd0 : 8'd6;
  wire [150:0] moved = {{118{step[32]}}, step} << shift;
  wire [150:0] sum = {24'd0, base} + moved;

  wire [150:0] changed = (sum ^ {24'd0, base}) >> (shift + 8'd11);
  assign fault = sum[150:127] != 24'd0 || axis > `AXIS_BYTE ||
      (dimension && !carry && changed != 151'd0);
  coord_linear #(.CURVE(CURVE), .BACK(1)) from_linear (.x(sum[126:6]), .y(raw));
  assign result = {coord[`COORD_WILDCARD], sum[5:0], dimension ? sum[126:6] : raw};
endmodule
