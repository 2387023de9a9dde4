// The sum of f32 in the order of the members' numbers, each addition rounded to nearest even
// (architecture, sections 2 and 5): for CMERGE.sum. Subnormals are kept, the NaN is 0x7fc00000.
//
// A chain, because order is part of the result. Combinational; `enable` keeps it still.
module f32_sum (
    input  wire         enable,
    input  wire [ 15:0] members,
    input  wire [511:0] values,   // of each sentron
    output reg  [ 31:0] y         // a single member's value as it is, none: 0
);
  // The larger magnitude stays, the other moves right to its exponent with two bits and a sticky
  // one below. Bit 27 of the total has the exponent above the larger one's.
  function [31:0] add(input [31:0] a, input [31:0] b);
    // verilator no_inline_task
    reg swap, none, up;
    reg [31:0] great;
    reg [30:0] little;
    reg [7:0] great_exp, little_exp, distance;
    reg [49:0] moved;
    reg [27:0] larger, smaller, total, normal;
    reg [31:0] tops;  // the total, moved as its leading zeros are counted
    reg [4:0] zeros;
    reg [7:0] exponent;
    reg [31:0] packed_value;
    begin
      swap = b[30:0] > a[30:0];
      great = swap ? b : a;
      little = swap ? a[30:0] : b[30:0];
      great_exp = great[30:23] == 8'd0 ? 8'd1 : great[30:23];
      little_exp = little[30:23] == 8'd0 ? 8'd1 : little[30:23];
      distance = great_exp - little_exp;
      moved = {little[30:23] != 8'd0, little[22:0], 26'd0} >> (distance > 8'd26 ? 8'd26 : distance);
      larger = {1'b0, great[30:23] != 8'd0, great[22:0], 3'd0};
      smaller = {1'b0, moved[49:24], moved[23:0] != 24'd0};
      total = a[31] == b[31] ? larger + smaller : larger - smaller;
      none = total == 28'd0;
      tops = {total, 4'd0};
      zeros[4] = tops[31:16] == 16'd0;
      tops = zeros[4] ? tops << 16 : tops;
      zeros[3] = tops[31:24] == 8'd0;
      tops = zeros[3] ? tops << 8 : tops;
      zeros[2] = tops[31:28] == 4'd0;
      tops = zeros[2] ? tops << 4 : tops;
      zeros[1] = tops[31:30] == 2'd0;
      tops = zeros[1] ? tops << 2 : tops;
      zeros[0] = !tops[31];
      // Never below exponent 1, so that small results are subnormal. The hidden bit adds 1.
      exponent = {3'd0, zeros} > great_exp ? 8'd0 : great_exp - {3'd0, zeros};
      normal = total << ({3'd0, zeros} > great_exp ? great_exp : {3'd0, zeros});
      up = normal[3] && (normal[2:0] != 3'd0 || normal[4]);
      packed_value = {1'b0, exponent, 23'd0} + {8'd0, normal[27:4]} + {31'd0, up};
      add = a[30:0] > 31'h7f800000 || b[30:0] > 31'h7f800000 ||
          (little == 31'h7f800000 && a[31] != b[31]) ? 32'h7fc00000 :
          great[30:23] == 8'd255 ? great :
          none ? {a[31] && b[31], 31'd0} :
          packed_value[31:23] >= 9'd255 ? {great[31], 31'h7f800000} :
          {great[31], packed_value[30:0]};
    end
  endfunction

  integer i;
  reg some;
  always @* begin
    y = 32'd0;
    some = 1'b0;
    if (enable)
      for (i = 0; i < 16; i = i + 1) begin
        y = !members[i] ? y : some ? add(y, values[32*i+:32]) : values[32*i+:32];
        some = some || members[i];
      end
  end
endmodule
