// The units of coordinates for tests/rtl: one of each for every curve.
`include "isa.vh"
module sparse_tb (
    input  wire        [127:0] coord,
    input  wire        [  3:0] axis,
    input  wire signed [ 32:0] step,
    input  wire                carry,
    output wire        [383:0] linear,  // of curve i from bit 128 i: the linear form
    output wire        [383:0] raw,     // and back
    output wire        [383:0] result,
    output wire        [  2:0] fault
);
  genvar i;
  generate
    for (i = 0; i < 3; i = i + 1) begin : curve
      wire [120:0] there, back;
      coord_linear #(.CURVE(i)) to_linear (.x(coord[120:0]), .y(there));
      coord_linear #(.CURVE(i), .BACK(1)) from_linear (.x(there), .y(back));
      assign linear[128*i+:128] = {7'd0, there};
      assign raw[128*i+:128] = {7'd0, back};
      coord_step #(.CURVE(i)) step_ (
          .coord(coord),
          .axis(axis),
          .step(step),
          .carry(carry),
          .result(result[128*i+:128]),
          .fault(fault[i])
      );
    end
  endgenerate
endmodule
