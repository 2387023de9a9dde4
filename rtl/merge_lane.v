// One lane of CMERGE, 64 bits or two of 32, over the messages of a group's other members.
//
// sum and max fold, sums of f32 in order (f32_sum); vote takes the most frequent value, of equals
// the first seen; concat shows the first two members' lanes. Combinational; `enable` keeps it still
// for other operations.
//
// Folds and votes are trees: node i of 1..15 is made of nodes 2i and 2i + 1, nodes 16..31 are the
// sentrons' lanes, zero for who is not a member. So lower numbers stay on the left, as ties want.
// Choices in the loops are expressions, not branches: branches there are what yosys takes minutes for.
`include "isa.vh"
module merge_lane (
    input  wire          enable,
    input  wire [   2:0] type_,
    input  wire [   3:0] mode,
    input  wire [  15:0] members,
    input  wire [1023:0] lanes,    // of each sentron's message
    output reg  [  63:0] y,
    output reg  [  63:0] second    // concat
);
  function [31:0] order(input [31:0] bits);
    order = {bits[31], bits[30:0] ^ {31{bits[31]}}};
  endfunction
  function nan(input [30:0] magnitude);
    nan = magnitude > 31'h7f800000;
  endfunction
  function [31:0] larger(input f32, input [31:0] a, input [31:0] b);
    larger = f32 && (nan(a[30:0]) || nan(b[30:0])) ? 32'h7fc00000 :
        $signed(f32 ? order(b) : b) > $signed(f32 ? order(a) : a) ? b : a;
  endfunction
  function [63:0] fold(input sums, input [63:0] a, input [63:0] b);
    fold = type_ != `TYPE_I64 ?
        (sums ? {a[63:32] + b[63:32], a[31:0] + b[31:0]} :
         {larger(type_ == `TYPE_F32, a[63:32], b[63:32]),
          larger(type_ == `TYPE_F32, a[31:0], b[31:0])}) :
        sums ? a + b : $signed(b) > $signed(a) ? b : a;
  endfunction
  // Halves in which two lanes are alike; a lane of 64 bits is if both of its halves are.
  function [1:0] alike(input [63:0] a, input [63:0] b);
    reg [1:0] half;
    begin
      half = {a[63:32] == b[63:32], a[31:0] == b[31:0]};
      alike = type_ == `TYPE_I64 ? {2{&half}} : half;
    end
  endfunction

  // Sums of f32 are not for a tree: their order is part of the result.
  wire sums_f32 = enable && mode == `MODE_MERGE_SUM && type_ == `TYPE_F32;
  wire [63:0] sums;
  genvar h, m;
  generate
    for (h = 0; h < 2; h = h + 1) begin : half_lane
      wire [511:0] values;
      for (m = 0; m < 16; m = m + 1) begin : of
        assign values[32*m+:32] = lanes[64*m+32*h+:32];
      end
      f32_sum sum (
          .enable(sums_f32),
          .members(members),
          .values(values),
          .y(sums[32*h+:32])
      );
    end
  endgenerate

  integer i, j;
  reg [64*32-1:0] value;       // by node
  reg [31:0] some;             // a member is below the node
  reg [5*32-1:0] votes0, votes1;  // of each half: for the node's value
  reg [15:0] first, others, next;  // the first member, all but it, the second
  reg [1:0] same, wins;
  always @* begin
    y = 64'd0;
    second = 64'd0;
    first = members & (~members + 16'd1);
    others = members & ~first;
    next = others & (~others + 16'd1);
    value = {64 * 32{1'b0}};
    some = {members, 16'd0};
    votes0 = {5 * 32{1'b0}};
    votes1 = {5 * 32{1'b0}};
    same = 2'd0;
    wins = 2'd0;
    if (enable) begin
      for (i = 0; i < 16; i = i + 1)
        value[64*(16+i)+:64] = lanes[64*i+:64] & {64{members[i]}};
      if (mode == `MODE_MERGE_CONCAT)
        for (i = 0; i < 16; i = i + 1) begin
          y = y | value[64*(16+i)+:64] & {64{first[i]}};
          second = second | value[64*(16+i)+:64] & {64{next[i]}};
        end
      else if (mode == `MODE_MERGE_VOTE) begin
        for (i = 0; i < 16; i = i + 1)
          for (j = 0; j < 16; j = j + 1) begin
            same = alike(value[64*(16+i)+:64], value[64*(16+j)+:64]) & {2{members[i] && members[j]}};
            votes0[5*(16+i)+:5] = votes0[5*(16+i)+:5] + {4'd0, same[0]};
            votes1[5*(16+i)+:5] = votes1[5*(16+i)+:5] + {4'd0, same[1]};
          end
        for (i = 15; i > 0; i = i - 1) begin
          wins = {votes1[5*(2*i+1)+:5] > votes1[5*2*i+:5], votes0[5*(2*i+1)+:5] > votes0[5*2*i+:5]};
          votes0[5*i+:5] = wins[0] ? votes0[5*(2*i+1)+:5] : votes0[5*2*i+:5];
          votes1[5*i+:5] = wins[1] ? votes1[5*(2*i+1)+:5] : votes1[5*2*i+:5];
          value[64*i+:32] = wins[0] ? value[64*(2*i+1)+:32] : value[64*2*i+:32];
          value[64*i+32+:32] = wins[1] ? value[64*(2*i+1)+32+:32] : value[64*2*i+32+:32];
        end
        y = value[64+:64];
      end else begin
        for (i = 15; i > 0; i = i - 1) begin
          some[i] = some[2*i] || some[2*i+1];
          value[64*i+:64] = some[2*i] && some[2*i+1] ?
              fold(mode == `MODE_MERGE_SUM, value[64*2*i+:64], value[64*(2*i+1)+:64]) :
              value[64*2*i+:64] | value[64*(2*i+1)+:64];
        end
        y = sums_f32 ? sums : value[64+:64];
      end
    end
  end
endmodule
