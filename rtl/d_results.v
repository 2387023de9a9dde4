// Results of the D-pipe on their way: beside each of its five outputs the register that the result is
// for, and behind it what a machine's latency is longer than the pipe.
//
//   issue, class, register --> a tag a cycle --+--> comes, regs
//   dpipe's y1, y3, y4, y6, y8 --> delay ------+--> data
//
// The pipe is cut for the latencies of isa/latency.def. A longer one is registers behind the unit (which a
// synthesis tool may move into it); none can be shorter. The classes of an output have one latency.
`include "isa.vh"
module d_results #(
    parameter DLEN            = 512,
    parameter LATENCY_MOVE    = `LATENCY_MOVE,     // y1: moves, integer adds, bitwise; 1 or more
    parameter LATENCY_MUL     = `LATENCY_MUL,      // y3: integer multiply, permutation; 3 or more
    parameter LATENCY_F32     = `LATENCY_F32,      // y4: f32, dots, conversions; 4 or more
    parameter LATENCY_SPECIAL = `LATENCY_SPECIAL,  // y6; 6 or more
    parameter LATENCY_RED     = `LATENCY_RED       // y8; 8 or more
) (
    input  wire              clk,
    input  wire              reset,
    input  wire              issue,
    input  wire [       4:0] latency,  // class, of siw_decode
    input  wire [       4:0] address,  // {context, register}
    input  wire [5*DLEN-1:0] y,        // {y8, y6, y4, y3, y1} of dpipe
    output wire [       4:0] comes,    // of {y8, y6, y4, y3, y1}, in this cycle
    output wire [      24:0] regs,
    output wire [5*DLEN-1:0] data
);
  wire in1 = latency == `CLASS_MOVE || latency == `CLASS_ADD || latency == `CLASS_LOGIC;
  wire in3 = latency == `CLASS_MUL || latency == `CLASS_PERM;
  wire in4 = latency == `CLASS_F32 || latency == `CLASS_DOT || latency == `CLASS_CVT;
  wire in6 = latency == `CLASS_SPECIAL, in8 = latency == `CLASS_RED;
  wire [4:0] issues = {5{issue}} & {in8, in6, in4, in3, in1};
  genvar i;
  generate
    for (i = 0; i < 5; i = i + 1) begin : port
      localparam PIPE = i == 0 ? `LATENCY_MOVE : i == 1 ? `LATENCY_MUL : i == 2 ? `LATENCY_F32 :
          i == 3 ? `LATENCY_SPECIAL : `LATENCY_RED;
      localparam CYCLES = i == 0 ? LATENCY_MOVE : i == 1 ? LATENCY_MUL : i == 2 ? LATENCY_F32 :
          i == 3 ? LATENCY_SPECIAL : LATENCY_RED;
      wire unused;
      result_port #(.WIDTH(1), .ADDRESS(5), .CYCLES(CYCLES)) tag (
          .clk(clk),
          .reset(reset),
          .valid(issues[i]),
          .address(address),
          .data(1'b0),
          .out_valid(comes[i]),
          .out_address(regs[5*i+:5]),
          .out_data(unused)
      );
      delay #(.WIDTH(DLEN), .CYCLES(CYCLES - PIPE)) longer (
          .clk(clk),
          .d(y[DLEN*i+:DLEN]),
          .q(data[DLEN*i+:DLEN])
      );
    end
  endgenerate
endmodule
