// CMERGE: the messages of a group's other members, combined by member index, in one cycle.
//
// concat puts the message of the i-th member into bytes 32i (two fit a register at most); sum and
// max fold lanes of 64 or 32 bits; vote takes a lane's most frequent value, the first seen wins.
// Sums of f32 are up to 15 additions in a row in that cycle (rtl/README.md, "In silicon").
// Combinational; `enable` keeps it still for other operations.
`include "isa.vh"
module merge (
    input  wire          enable,
    input  wire [   2:0] type_,
    input  wire [   3:0] mode,
    input  wire [  15:0] members,
    input  wire [4095:0] messages,  // of each sentron
    output wire [ 511:0] y
);
  wire [255:0] first, second;
  genvar i, k;
  generate
    for (k = 0; k < 4; k = k + 1) begin : lane
      wire [1023:0] lanes;
      for (i = 0; i < 16; i = i + 1) begin : of
        assign lanes[64*i+:64] = messages[256*i+64*k+:64];
      end
      merge_lane combine (
          .enable(enable),
          .type_(type_),
          .mode(mode),
          .members(members),
          .lanes(lanes),
          .y(first[64*k+:64]),
          .second(second[64*k+:64])
      );
    end
  endgenerate
  assign y = {mode == `MODE_MERGE_CONCAT ? second : 256'd0, first};
endmodule
