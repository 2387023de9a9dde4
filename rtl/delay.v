// A row of registers: what goes in comes out CYCLES later (0: a wire).
module delay #(
    parameter WIDTH  = 1,
    parameter CYCLES = 1
) (
    input  wire             clk,
    input  wire [WIDTH-1:0] d,
    output wire [WIDTH-1:0] q
);
  genvar i;
  generate
    if (CYCLES == 0) begin : through
      wire unused = clk;
      assign q = d;
    end else begin : row
      wire [WIDTH*(CYCLES+1)-1:0] at;
      assign at[WIDTH-1:0] = d;
      assign q = at[WIDTH*CYCLES+:WIDTH];
      for (i = 0; i < CYCLES; i = i + 1) begin : step
        pipe_reg #(.WIDTH(WIDTH)) link (
            .clk(clk),
            .d(at[WIDTH*i+:WIDTH]),
            .q(at[WIDTH*(i+1)+:WIDTH])
        );
      end
    end
  endgenerate
endmodule
