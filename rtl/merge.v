// CMERGE: the messages of a group's other members, combined by member index, in one cycle.
//
// concat puts the message of the i-th member into bytes 32i (two fit a register at most); sum and
// max fold lanes of 64 or 32 bits; vote takes a lane's most frequent value, the first seen wins.
// The sum of f32 is not here: up to 15 additions in a row do not fit the cycle that the machine
// gives CMERGE. Combinational; `enable` keeps it still for other operations.
`include "isa.vh"
module merge (
    input  wire          enable,
    input  wire [   2:0] type_,
    input  wire [   3:0] mode,
    input  wire [  15:0] members,
    input  wire [4095:0] messages,  // of each sentron
    output reg  [ 511:0] y
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
  function [255:0] fold(input [2:0] kind, input sums, input [255:0] a, input [255:0] b);
    integer n;
    begin
      fold = 256'd0;
      for (n = 0; n < 8; n = n + 1) begin
        if (kind != `TYPE_I64)
          fold[32*n+:32] = sums ? a[32*n+:32] + b[32*n+:32] :
              larger(kind == `TYPE_F32, a[32*n+:32], b[32*n+:32]);
        else if (n < 4)
          fold[64*n+:64] = sums ? a[64*n+:64] + b[64*n+:64] :
              $signed(b[64*n+:64]) > $signed(a[64*n+:64]) ? b[64*n+:64] : a[64*n+:64];
      end
    end
  endfunction

  // Halves of 32 bits in which two messages differ; a lane of 64 differs if one of its halves does.
  function [7:0] differ(input [2:0] kind, input [255:0] a, input [255:0] b);
    integer n;
    reg [7:0] half;
    begin
      for (n = 0; n < 8; n = n + 1) half[n] = a[32*n+:32] != b[32*n+:32];
      for (n = 0; n < 8; n = n + 1)
        differ[n] = half[n] || (kind == `TYPE_I64 && half[n^1]);
    end
  endfunction

  integer i, j, n;
  reg [255:0] result, mine;
  reg [1:0] seen;  // messages so far, two and more alike
  reg [7:0] unlike;
  reg [39:0] votes, most;  // five bits a half
  always @* begin
    y = 512'd0;
    result = 256'd0;
    mine = 256'd0;
    unlike = 8'd0;
    seen = 2'd0;
    most = 40'd0;
    votes = 40'd0;
    if (enable) begin
      for (i = 0; i < 16; i = i + 1) begin
        mine = messages[256*i+:256];
        if (members[i]) begin
          if (mode == `MODE_MERGE_CONCAT) begin
            if (seen == 2'd0) y[255:0] = mine;
            if (seen == 2'd1) y[511:256] = mine;
          end else if (mode == `MODE_MERGE_VOTE) begin
            votes = 40'd0;
            for (j = 0; j < 16; j = j + 1) begin
              unlike = differ(type_, mine, messages[256*j+:256]);
              for (n = 0; n < 8; n = n + 1)
                if (members[j] && !unlike[n]) votes[5*n+:5] = votes[5*n+:5] + 5'd1;
            end
            for (n = 0; n < 8; n = n + 1)
              if (votes[5*n+:5] > most[5*n+:5]) begin
                most[5*n+:5] = votes[5*n+:5];
                result[32*n+:32] = mine[32*n+:32];
              end
          end else begin
            result = seen == 2'd0 ? mine : fold(type_, mode == `MODE_MERGE_SUM, result, mine);
          end
          if (seen != 2'd2) seen = seen + 2'd1;
        end
      end
      if (mode != `MODE_MERGE_CONCAT) y[255:0] = result;
    end
  end
endmodule
