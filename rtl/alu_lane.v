// One 64-bit lane of the operations that move and compare: moves and selects, integer add,
// subtract, compare, maximum and minimum, bitwise operations, shifts, rotates; and compare, maximum
// and minimum of f32, whose result the D-pipe delays to the latency of f32. Combinational.
//
// Types i32 and f32 are two halves of 32 bits; a broadcast has already been made (dpipe.v).
`include "isa.vh"
module alu_lane (
    input  wire [ 7:0] op,
    input  wire [ 2:0] type_,
    input  wire [ 3:0] mode,
    input  wire [ 5:0] k,
    input  wire [31:0] imm,
    input  wire [63:0] a,
    input  wire [63:0] b,
    input  wire [63:0] c,
    output reg  [63:0] y
);
  wire wide = type_ == `TYPE_I64;
  wire f32 = type_ == `TYPE_F32;

  // --- sums: the carry crosses the middle for i64 only -------------------------------------------
  wire subtract = op == `OP_DSUB;
  wire [63:0] addend = b ^ {64{subtract}};
  wire [32:0] low_sum = {1'b0, a[31:0]} + {1'b0, addend[31:0]} + {32'b0, subtract};
  wire high_carry = wide ? low_sum[32] : subtract;
  wire [31:0] high_sum = a[63:32] + addend[63:32] + {31'b0, high_carry};
  wire [63:0] sum = {high_sum, low_sum[31:0]};

  // --- order: less, equal, unordered of each half; i64 takes the upper pair ----------------------
  function nan(input [30:0] magnitude);
    nan = magnitude > 31'h7f800000;
  endfunction
  // An integer with the order of the numbers, -0 just below +0 (isa/num.h, num_order).
  function [31:0] order(input [31:0] bits);
    order = {bits[31], bits[30:0] ^ {31{bits[31]}}};
  endfunction
  wire [1:0] unordered = {2{f32}} & {nan(a[62:32]) || nan(b[62:32]), nan(a[30:0]) || nan(b[30:0])};
  wire [1:0] both_zero = {2{f32}} & {a[62:32] == 0 && b[62:32] == 0, a[30:0] == 0 && b[30:0] == 0};
  wire [31:0] ah = f32 ? order(a[63:32]) : a[63:32], bh = f32 ? order(b[63:32]) : b[63:32];
  wire [31:0] al = f32 ? order(a[31:0]) : a[31:0], bl = f32 ? order(b[31:0]) : b[31:0];
  wire high_less = $signed(ah) < $signed(bh), high_equal = ah == bh;
  wire low_less = $signed(al) < $signed(bl), low_equal = al == bl;
  wire all_less = high_less || (high_equal && a[31:0] < b[31:0]);
  wire all_equal = high_equal && low_equal;
  // By halves; raw is the order of maximum and minimum, where the zeros differ.
  wire [1:0] raw_less = wide ? {2{all_less}} : {high_less, low_less};
  wire [1:0] raw_equal = wide ? {2{all_equal}} : {high_equal, low_equal};
  wire [1:0] less = raw_less & ~unordered & ~both_zero;
  wire [1:0] equal = (raw_equal | both_zero) & ~unordered;
  wire [1:0] greater = ~less & ~equal & ~unordered;

  reg [1:0] holds;
  always @* begin
    case (mode)
      `MODE_CMP_LT: holds = less;
      `MODE_CMP_LE: holds = less | equal;
      `MODE_CMP_EQ: holds = equal;
      `MODE_CMP_NE: holds = ~equal;
      `MODE_CMP_GT: holds = greater;
      `MODE_CMP_GE: holds = greater | equal;
      default: holds = unordered;
    endcase
  end
  wire [63:0] mask = {{32{holds[1]}}, {32{holds[0]}}};
  // -1, 0, +1 in the lane's type.
  function [31:0] sign32(input is_f32, input less_, input greater_);
    sign32 = is_f32 ? (less_ ? 32'hbf800000 : greater_ ? 32'h3f800000 : 32'd0) :
        {{31{less_}}, less_ || greater_};
  endfunction
  wire [63:0] sign = wide ? {{63{less[1]}}, less[1] || greater[1]} :
      {sign32(f32, less[1], greater[1]), sign32(f32, less[0], greater[0])};

  wire take_a_high = (op == `OP_DMAX) ? !raw_less[1] : raw_less[1];
  wire take_a_low = (op == `OP_DMAX) ? !raw_less[0] : raw_less[0];
  wire [63:0] extreme = {
    unordered[1] ? 32'h7fc00000 : take_a_high ? a[63:32] : b[63:32],
    unordered[0] ? 32'h7fc00000 : take_a_low ? a[31:0] : b[31:0]
  };

  // --- selects and shifts ------------------------------------------------------------------------
  wire any_high = c[63:32] != 0, any_low = c[31:0] != 0;
  wire select_high = wide ? any_high || any_low : any_high;
  wire select_low = wide ? any_high || any_low : any_low;
  wire [63:0] selected = {
    select_high ? a[63:32] : b[63:32], select_low ? a[31:0] : b[31:0]
  };
  wire [63:0] left = wide ? a << b[5:0] : {a[63:32] << b[36:32], a[31:0] << b[4:0]};
  wire [63:0] right = wide ? a >> b[5:0] : {a[63:32] >> b[36:32], a[31:0] >> b[4:0]};
  wire [63:0] arithmetic_64 = $signed(a) >>> b[5:0];
  wire [31:0] arithmetic_high = $signed(a[63:32]) >>> b[36:32];
  wire [31:0] arithmetic_low = $signed(a[31:0]) >>> b[4:0];
  wire [63:0] arithmetic = wide ? arithmetic_64 : {arithmetic_high, arithmetic_low};
  wire [127:0] twice = {a, a} << k;  // upper half: rotated left

  reg [63:0] immediate;
  always @* begin
    case (type_)
      `TYPE_I64: immediate = {{32{imm[31]}}, imm};
      `TYPE_BF16: immediate = {4{imm[15:0]}};
      `TYPE_I8: immediate = {8{imm[7:0]}};
      default: immediate = {2{imm}};
    endcase
  end

  always @* begin
    case (op)
      `OP_DADD, `OP_DSUB: y = sum;
      `OP_DCMP: y = mode == `MODE_CMP_SIGN ? sign : mask;
      `OP_DMAX, `OP_DMIN: y = extreme;
      `OP_DSEL: y = selected;
      `OP_DMOVI: y = immediate;
      `OP_DAND: y = a & b;
      `OP_DOR, `OP_DHDBUND: y = a | b;
      `OP_DXOR, `OP_DHDBIND: y = a ^ b;
      `OP_DANDN: y = a & ~b;
      `OP_DSHL: y = left;
      `OP_DSHR: y = right;
      `OP_DSAR: y = arithmetic;
      `OP_DHDPERM: y = twice[127:64];
      default: y = a;  // DMOV
    endcase
  end
  wire unused = &{1'b0, twice[63:0]};
endmodule
