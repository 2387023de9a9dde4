// Zeros above the first one of x; WIDTH if there is none.
//
// A tree from the bits up: a part of 2^i bits counts its zeros in i bits. Of its two halves the upper
// one's count holds unless that is empty, which is the count's top bit; so a level is one choice.
module leading_zeros #(
    parameter WIDTH = 78,
    parameter COUNT = 7  // WIDTH <= 2^COUNT - 1
) (
    input  wire [WIDTH-1:0] x,
    output wire [COUNT-1:0] n
);
  localparam FULL = 1 << COUNT;
  genvar i, j;
  generate
    for (i = 0; i <= COUNT; i = i + 1) begin : level
      localparam PARTS = FULL >> i, BITS = i == 0 ? 1 : i;
      wire [PARTS-1:0] empty;
      wire [PARTS*BITS-1:0] zeros;  // of a part that is not empty
      if (i == 0) begin : bits
        assign empty = ~{x, {(FULL - WIDTH) {1'b1}}};  // ones below x: an empty x counts WIDTH
        assign zeros = {PARTS{1'b0}};
      end else begin : pairs
        for (j = 0; j < PARTS; j = j + 1) begin : pair
          wire upper = level[i-1].empty[2*j+1];
          assign empty[j] = upper && level[i-1].empty[2*j];
          assign zeros[BITS*j+BITS-1] = upper;
          if (i > 1) begin : rest
            assign zeros[BITS*j+:BITS-1] = upper ? level[i-1].zeros[2*(BITS-1)*j+:BITS-1] :
                level[i-1].zeros[2*(BITS-1)*j+BITS-1+:BITS-1];
          end
        end
      end
    end
  endgenerate
  assign n = level[COUNT].zeros;
  wire unused = &{1'b0, level[COUNT].empty, level[0].zeros};
endmodule
