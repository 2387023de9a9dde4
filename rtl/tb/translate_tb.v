// The PTC for tests/rtl at the geometry of the preset spec: one of pages, one of coordinates. An
// access is one cycle: a hit becomes the youngest, a miss takes an entry.
`include "isa.vh"
module translate_tb (
    input  wire         clk,
    input  wire         reset,
    input  wire         access,
    input  wire [127:0] coord,
    input  wire [63:0]  page_payload,   // of its entry after a miss
    input  wire [63:0]  coord_payload,
    output wire         page_hit,
    output wire         coord_hit,
    output wire [63:0]  page_found,
    output wire [63:0]  coord_found,
    input  wire         drop,           // all entries with these upper bits of their payload
    input  wire [15:0]  drop_region
);
  wire [120:0] linear;
  coord_linear #(.CURVE(`CURVE_HILBERT)) linear_ (.x(coord[120:0]), .y(linear));
  genvar g;
  generate
    for (g = 0; g < 2; g = g + 1) begin : granularity
      wire hit;
      wire [63:0] found;
      ptc #(.GRANULARITY(g), .PAYLOAD(64)) dut (
          .clk(clk),
          .reset(reset),
          .raw(coord[120:0]),
          .linear(linear),
          .hit(hit),
          .payload(found),
          /* verilator lint_off PINCONNECTEMPTY */  // places are the walker's
          .index(),
          .way(),
          /* verilator lint_on PINCONNECTEMPTY */
          .touch(access && hit),
          .insert(access && !hit),
          .new_payload(g == 0 ? page_payload : coord_payload),
          .drop(drop),
          .drop_region(drop_region)
      );
    end
  endgenerate
  assign page_hit = granularity[0].hit;
  assign coord_hit = granularity[1].hit;
  assign page_found = granularity[0].found;
  assign coord_found = granularity[1].found;
  wire unused = &{1'b0, coord};
endmodule
