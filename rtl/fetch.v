// Instruction fetch and life of one context: dormant, set up, running, retired.
//
//   start --> set-up (SPAWN cycles) --> running: `here` in every cycle that has its SIW
//                                          | issue: pc = next; a jump costs BRANCH cycles
//                                          v
//                                       retired: CHALT, or past the last SIW
//
// The memory of SIWs is read synchronously: `address` is where pc will be after this cycle's edge,
// and the SIW comes with the next cycle. So one SIW a cycle, and none lost at the end of a loop.
module fetch #(
    parameter SPAWN  = 100,  // cycles from `start` to the first SIW; at least 1 passes
    parameter BRANCH = 3     // cycles lost by a jump
) (
    input  wire        clk,
    input  wire        reset,
    // from the node
    input  wire        start,
    input  wire [31:0] entry,
    input  wire [31:0] past,     // one past the context's last SIW
    // from issue
    input  wire        issue,
    input  wire        halt,     // the SIW holds CHALT
    input  wire        jump,
    input  wire [31:0] next,
    // to issue, and to the memory of SIWs
    output wire        running,
    output wire        here,     // the SIW at pc is there
    output wire [31:0] pc,
    output wire [31:0] address
);
  localparam FIRST = SPAWN > 1 ? SPAWN - 1 : 0;
  reg alive;
  reg [31:0] at, end_, wait_;
  assign running = alive;
  assign here = alive && wait_ == 32'd0;
  assign pc = at;
  wire [31:0] begin_at = start ? entry : next;
  assign address = start || issue ? begin_at : at;
  wire ends = start ? entry >= past : halt || next >= end_;
  always @(posedge clk) begin
    at <= address;
    if (start) end_ <= past;
    if (reset) alive <= 1'b0;
    else if (start || issue) alive <= !ends;
    if (start) wait_ <= FIRST;
    else if (issue) wait_ <= jump ? BRANCH : 32'd0;
    else if (wait_ != 32'd0) wait_ <= wait_ - 32'd1;
  end
endmodule
