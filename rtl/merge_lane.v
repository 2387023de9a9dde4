// One lane of CMERGE, 64 bits or two of 32, over the messages of a group's other members.
//
// sum and max fold; vote takes the most frequent value, of equals the first seen; concat shows the
// first two members' lanes. Combinational; `enable` keeps it still for other operations. Choices in
// the loops are expressions, not branches: branches there are what yosys takes minutes for.
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

  integer i, j;
  reg [63:0] mine;
  reg [1:0] seen;  // messages so far, two and more alike
  reg [1:0] same, wins;
  reg [4:0] votes0, votes1, most0, most1;  // of each half
  always @* begin
    y = 64'd0;
    second = 64'd0;
    mine = 64'd0;
    seen = 2'd0;
    same = 2'd0;
    wins = 2'd0;
    votes0 = 5'd0;
    votes1 = 5'd0;
    most0 = 5'd0;
    most1 = 5'd0;
    if (enable) begin
      if (mode == `MODE_MERGE_VOTE)
        for (i = 0; i < 16; i = i + 1) begin
          mine = lanes[64*i+:64];
          votes0 = 5'd0;
          votes1 = 5'd0;
          for (j = 0; j < 16; j = j + 1) begin
            same = alike(mine, lanes[64*j+:64]) & {2{members[j]}};
            votes0 = votes0 + {4'd0, same[0]};
            votes1 = votes1 + {4'd0, same[1]};
          end
          wins = {votes1 > most1, votes0 > most0} & {2{members[i]}};
          most0 = wins[0] ? votes0 : most0;
          most1 = wins[1] ? votes1 : most1;
          y = {wins[1] ? mine[63:32] : y[63:32], wins[0] ? mine[31:0] : y[31:0]};
        end
      else
        for (i = 0; i < 16; i = i + 1) begin
          mine = lanes[64*i+:64];
          second = members[i] && seen == 2'd1 ? mine : second;
          y = !members[i] ? y : seen == 2'd0 ? mine :
              mode == `MODE_MERGE_CONCAT ? y : fold(mode == `MODE_MERGE_SUM, y, mine);
          seen = seen + {1'b0, members[i] && seen != 2'd2};
        end
    end
  end
endmodule
