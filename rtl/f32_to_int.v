// f32 to a signed integer of 64, 32, 8 or 2 bits (a trit), rounded, then saturated or taken modulo
// 2^width: num_int_from_f32 of isa/num.c. NaN gives 0; an infinity the end of the range, without
// saturation 0. The result is sign-extended from its width only where it saturates. Combinational.
`include "isa.vh"
module f32_to_int #(
    parameter MOST = 64  // widest result
) (
    input  wire [    31:0] x,
    input  wire [     1:0] round,
    input  wire [     5:0] width,     // 0 (64), 32, 8, 2
    input  wire            saturate,
    output wire [MOST-1:0] y
);
  wire negative = x[31];
  wire [7:0] exponent = x[30:23];
  wire special = exponent == 8'hff, nan = special && x[22:0] != 0;
  wire [23:0] m = {exponent != 0, x[22:0]};
  wire [8:0] e = exponent == 0 ? 9'd1 : {1'b0, exponent};
  // |x| = m * 2^(e - 150)
  wire to_left = e >= 9'd150;
  wire [8:0] up = e - 9'd150, down = 9'd150 - e;
  wire far = up >= 9'd64;
  wire [63:0] grown = far ? 64'd0 : {40'd0, m} << up[5:0];
  wire [4:0] right = down > 9'd26 ? 5'd26 : down[4:0];
  wire [49:0] shrunk = {m, 26'd0} >> right;
  wire half = shrunk[25], rest = shrunk[24:0] != 0;
  reg more;
  always @* begin
    case (round)
      `ROUND_EVEN: more = half && (rest || shrunk[26]);
      `ROUND_AWAY: more = half;
      `ROUND_ZERO: more = 1'b0;
      default: more = negative && (half || rest);
    endcase
  end
  wire [63:0] whole = to_left ? grown : {40'd0, shrunk[49:26]} + {63'd0, more};

  // --- range -------------------------------------------------------------------------------------
  wire [63:0] limit = 64'd1 << (width - 6'd1);  // 2^(width-1); 64 wraps to 63
  wire huge_ = special || (to_left && up >= 9'd40) ;  // 2^63 and above
  wire over = huge_ || whole > (negative ? limit : limit - 64'd1);
  wire [63:0] signed_whole = negative ? -whole : whole;
  wire [63:0] end_ = negative ? -limit : limit - 64'd1;
  /* verilator lint_off UNUSEDSIGNAL */  // a narrow result leaves the upper bits alone
  wire [63:0] value = nan ? 64'd0 : saturate ? (over ? end_ : signed_whole) :
      special ? 64'd0 : signed_whole;
  /* verilator lint_on UNUSEDSIGNAL */
  assign y = value[MOST-1:0];
endmodule
