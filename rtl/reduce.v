// DRED: lane i is folded with lane i + half, again and again; the result in every lane. 8 cycles.
//
//   DLEN bits --fold--> DLEN/2 --fold--> ... --> 64 --fold, i32 and f32 only--> 32
//
// A step takes 2 cycles; a narrower register needs fewer of them and waits for the rest.
`include "isa.vh"
module reduce #(
    parameter DLEN = 512
) (
    input  wire            clk,
    input  wire [     2:0] type_,
    input  wire [     3:0] mode,
    input  wire [DLEN-1:0] x,
    output wire [DLEN-1:0] y
);
  localparam LEVELS = DLEN == 512 ? 4 : DLEN == 256 ? 3 : DLEN == 128 ? 2 : 1;
  genvar l, i;
  generate
    for (l = 0; l < LEVELS; l = l + 1) begin : level
      localparam FROM = DLEN >> l;  // bits that come in
      wire [FROM-1:0] in;
      wire [2:0] type_in;
      wire [3:0] mode_in;
      if (l == 0) begin : first
        assign in = x;
        assign type_in = type_;
        assign mode_in = mode;
      end else begin : next
        assign in = level[l-1].out;
        delay #(.WIDTH(7), .CYCLES(2)) how (
            .clk(clk),
            .d({level[l-1].type_in, level[l-1].mode_in}),
            .q({type_in, mode_in})
        );
      end
      // The last step folds the halves of one lane of 64 bits, unless that is the lane.
      localparam LAST = FROM == 64;
      localparam TO = LAST ? 64 : FROM / 2;
      wire [TO-1:0] out;
      if (LAST) begin : halves
        wire [63:0] kept;
        wire wide;
        wire [31:0] low;
        /* verilator lint_off UNUSEDSIGNAL */  // the lower half is the result
        wire [63:0] folded;
        /* verilator lint_on UNUSEDSIGNAL */
        fold_lane #(.CUT2(0)) fold (
            .clk(clk),
            .type_(type_in),
            .mode(mode_in),
            .a({32'd0, in[31:0]}),
            .b({32'd0, in[63:32]}),
            .y(folded)
        );
        delay #(.WIDTH(65), .CYCLES(2)) whole (
            .clk(clk),
            .d({type_in == `TYPE_I64, in}),
            .q({wide, kept})
        );
        pipe_reg #(.WIDTH(32)) cut2 (.clk(clk), .d(folded[31:0]), .q(low));
        assign out = wide ? kept : {2{low}};
      end else begin : lanes
        wire [TO-1:0] folded;
        for (i = 0; i < TO / 64; i = i + 1) begin : lane
          fold_lane #(.CUT2(0)) fold (
              .clk(clk),
              .type_(type_in),
              .mode(mode_in),
              .a(in[64*i+:64]),
              .b(in[TO+64*i+:64]),
              .y(folded[64*i+:64])
          );
        end
        pipe_reg #(.WIDTH(TO)) cut2 (.clk(clk), .d(folded), .q(out));
      end
    end
  endgenerate
  wire [63:0] result;
  delay #(.WIDTH(64), .CYCLES(8 - 2 * LEVELS)) rest (
      .clk(clk),
      .d(level[LEVELS-1].out),
      .q(result)
  );
  assign y = {(DLEN / 64) {result}};
endmodule
