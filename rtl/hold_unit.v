// What holds the next SIW of one context back (test 2): a barrier, a collective, a fence.
//
// Barriers and collectives issue on arrival and hold until the node answers (`release_`, with the
// edge after which the next SIW may issue). A fence holds until the context's memory operations
// are complete, and beyond core scope until its sends, inside the core too, have arrived
// (`arrived`, a count a cycle).
`include "isa.vh"
module hold_unit (
    input  wire       clk,
    input  wire       reset,
    input  wire       restart,
    input  wire       issue,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [95:0] slot,            // the C slot
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire       release_,
    input  wire       memory_pending,
    input  wire [4:0] sent,             // messages that leave in this cycle
    input  wire [4:0] arrived,
    output wire       held,
    output wire [4:0] held_by
);
  wire [7:0] op = slot[`FIELD_OP];
  wire barrier = op == `OP_CBAR, collective = op == `OP_CREDUCE || op == `OP_CCAST;
  wire far = slot[`FIELD_MODE] == `MODE_SCOPE_NODE || slot[`FIELD_MODE] == `MODE_SCOPE_CLUSTER;
  reg waits, fenced, fenced_sends;
  reg [4:0] by;
  reg [15:0] flying;
  assign held = waits || (fenced && (memory_pending || (fenced_sends && flying != 16'd0)));
  assign held_by = waits ? by : `STALL_FENCE;
  always @(posedge clk) begin
    flying <= reset ? 16'd0 : flying + {11'd0, sent} - {11'd0, arrived};
    if (restart) begin
      waits <= 1'b0;
      fenced <= 1'b0;
    end else if (issue) begin
      // A release may come in the cycle of the last member's arrival.
      waits <= (barrier || collective) && !release_;
      by <= barrier ? `STALL_BARRIER : `STALL_COLLECTIVE;
      fenced <= op == `OP_CFENCE;
      fenced_sends <= far;
    end else if (release_) waits <= 1'b0;
  end

`ifdef FORMAL
  reg past = 1'b0;
  reg entered;
  always @(posedge clk) begin
    past <= 1'b1;
    entered <= issue && !restart && !release_ && (barrier || collective);
    if (past && entered) assert (held);          // who has entered waits, until it is released
    if (past && held && !waits) assert (fenced); // and nothing else holds
  end
`endif
endmodule
