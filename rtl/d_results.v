// The registers that results of the D-pipe are for, on their way beside them: one tag a latency.
//
// The pipe is cut for these latencies of the machine table (isa/latency.def): results that take
// 1, 3, 4, 6 and 8 cycles leave it at `y1`, `y3`, `y4`, `y6`, `y8` (dpipe).
`include "isa.vh"
module d_results (
    input  wire        clk,
    input  wire        reset,
    input  wire        issue,
    input  wire [ 4:0] latency,  // class, of siw_decode
    input  wire [ 4:0] address,  // {context, register}
    output wire [ 4:0] comes,    // {y8, y6, y4, y3, y1}, in this cycle
    output wire [24:0] regs
);
  wire in1 = latency == `CLASS_MOVE || latency == `CLASS_ADD || latency == `CLASS_LOGIC;
  wire in3 = latency == `CLASS_MUL || latency == `CLASS_PERM;
  wire in4 = latency == `CLASS_F32 || latency == `CLASS_DOT || latency == `CLASS_CVT;
  wire in6 = latency == `CLASS_SPECIAL, in8 = latency == `CLASS_RED;
  wire [4:0] issues = {5{issue}} & {in8, in6, in4, in3, in1};
  genvar i;
  generate
    for (i = 0; i < 5; i = i + 1) begin : port
      localparam CYCLES = i == 0 ? `LATENCY_MOVE : i == 1 ? `LATENCY_MUL : i == 2 ? `LATENCY_F32 :
          i == 3 ? `LATENCY_SPECIAL : `LATENCY_RED;
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
    end
  endgenerate
endmodule
