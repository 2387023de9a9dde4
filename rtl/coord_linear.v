// A coordinate's 121 bits between the raw form, a dimension after the other, and the linear form,
// cells in storage order (isa/coord.h). Only the 33 bits of D0..D2 differ. Combinational.
//
//   raw     D10 .. D3 | D2[10:2] D2[1:0] | D1[10:2] D1[1:0] | D0[10:2] D0[1:0]
//   linear  D10 .. D3 | D2[10:2] | D1[10:2] | D0[10:2] | index along the curve
`include "isa.vh"
module coord_linear #(
    parameter CURVE = `SPEC_CURVE,
    parameter BACK  = 0  // 1: from linear to raw
) (
    input  wire [120:0] x,
    output wire [120:0] y
);
  localparam [383:0] INDEX = CURVE == `CURVE_ZORDER ? `CURVE_ZORDER_INDEX :
      CURVE == `CURVE_HILBERT ? `CURVE_HILBERT_INDEX : `CURVE_ROW_INDEX;
  localparam [383:0] CELL = CURVE == `CURVE_ZORDER ? `CURVE_ZORDER_CELL :
      CURVE == `CURVE_HILBERT ? `CURVE_HILBERT_CELL : `CURVE_ROW_CELL;
  localparam [383:0] TABLE = BACK != 0 ? CELL : INDEX;

  // The place of a cell in its page: 4 x 4 x 4 of D2, D1, D0, or along the curve.
  wire [5:0] from = BACK != 0 ? x[5:0] : {x[23:22], x[12:11], x[1:0]};
  wire [8:0] entry = 9'd6 * {3'd0, from};
  wire [5:0] to = TABLE[entry+:6];
  assign y = BACK != 0 ?
      {x[120:24], to[5:4], x[23:15], to[3:2], x[14:6], to[1:0]} :
      {x[120:24], x[21:13], x[10:2], to};
endmodule
