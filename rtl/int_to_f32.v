// A signed integer to f32, to nearest even. Combinational.
module int_to_f32 #(
    parameter WIDTH = 64
) (
    input  wire signed [WIDTH-1:0] x,
    output wire        [     31:0] y
);
  wire negative = x[WIDTH-1];
  wire [WIDTH-1:0] magnitude = negative ? -x : x;
  // In 64 bits, so that one shape serves every width.
  wire [63:0] wide = {{(64 - WIDTH) {1'b0}}, magnitude};
  wire [6:0] zeros;
  leading_zeros #(.WIDTH(64), .COUNT(7)) count (.x(wide), .n(zeros));
  wire [63:0] top = wide << zeros;  // the first one in bit 63
  wire half = top[39], rest = top[38:0] != 0;
  wire [7:0] exponent = 8'd189 - {1'b0, zeros};  // of a number whose hidden bit is added
  wire [30:0] rounded = {exponent, 23'd0} + {7'd0, top[63:40]} +
      {30'd0, half && (rest || top[40])};
  assign y = wide == 0 ? 32'd0 : {negative, rounded};
endmodule
