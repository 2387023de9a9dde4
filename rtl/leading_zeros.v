// Zeros above the first one of x; WIDTH if there is none. A tree: each level halves what is left.
module leading_zeros #(
    parameter WIDTH = 78,
    parameter COUNT = 7  // WIDTH <= 2^COUNT - 1
) (
    input  wire [WIDTH-1:0] x,
    output wire [COUNT-1:0] n
);
  localparam FULL = 1 << COUNT;
  genvar i;
  generate
    for (i = 0; i < COUNT; i = i + 1) begin : level
      localparam LEFT = FULL >> i, HALF = LEFT / 2;
      /* verilator lint_off UNUSEDSIGNAL */  // bit 0 is not looked at in the last level
      wire [LEFT-1:0] from;
      /* verilator lint_on UNUSEDSIGNAL */
      if (i == 0) begin : first
        assign from = {x, {(FULL - WIDTH) {1'b1}}};  // ones below x: an empty x counts WIDTH
      end else begin : next
        assign from = level[i-1].rest.to;
      end
      wire empty = from[LEFT-1:HALF] == 0;
      assign n[COUNT-1-i] = empty;
      if (i < COUNT - 1) begin : rest
        wire [HALF-1:0] to = empty ? from[HALF-1:0] : from[LEFT-1:HALF];
      end
    end
  endgenerate
endmodule
