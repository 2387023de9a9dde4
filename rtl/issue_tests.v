// The tests of the issue for one context (architecture, section 5), and the cause when one fails.
//
// In this order: (1) fetch, (2) barrier, collective, fence, (3) registers, (4) memory entry,
// (5) credit, (6) message; then whether a walk has closed the S port. `pass` contends for the ports
// (smt_arbiter); `cause` is then STALL_ISSUE. Combinational.
`include "isa.vh"
module issue_tests (
    input  wire       running,
    input  wire       here,          // the SIW is there
    input  wire       held,
    input  wire [4:0] held_by,       // STALL_BARRIER, _COLLECTIVE, _FENCE
    input  wire       ready,         // scoreboard
    input  wire [4:0] owed_by,
    input  wire [7:0] s_op,
    input  wire       prefetch,      // the machine executes prefetches
    input  wire       entry_free,
    input  wire       credit,
    input  wire       message,
    input  wire       closed,        // the S port, by a walk
    output wire       pass,
    output wire [4:0] cause
);
  wire needs_entry = s_op == `OP_SGATHER || s_op == `OP_SGATHERM || s_op == `OP_SSCATTR ||
      (s_op == `OP_SPREFCH && prefetch) || s_op == `OP_SFLUSH;
  assign cause = !running ? `STALL_IDLE : !here ? `STALL_FETCH : held ? held_by :
      !ready ? owed_by : needs_entry && !entry_free ? `STALL_ENTRY : !credit ? `STALL_CREDIT :
      !message ? `STALL_MESSAGE : s_op != `OP_SNOP && closed ? `STALL_PTC : `STALL_ISSUE;
  assign pass = running && here && !held && ready && (!needs_entry || entry_free) && credit &&
      message && (s_op == `OP_SNOP || !closed);

`ifdef FORMAL
  always @* begin
    if (pass) assert (running && here && !held && ready && credit && message);
    if (pass && s_op != `OP_SNOP) assert (!closed);
    if (pass && needs_entry) assert (entry_free);
    if (running && !pass) assert (!here || held || !ready || !credit || !message || closed ||
                                  !entry_free);
  end
`endif
endmodule
