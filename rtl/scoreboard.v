// The scoreboard of one context: which registers are owed, and by whom (tests 3 of the issue).
//
// An issue owes the registers in `owes`; a result that comes in this cycle (`comes`) can be read in
// this cycle. What is ready with the next cycle is not owed at all. The cause of a stall is that of
// the first register owed, in the order of slots D, S, C, and in each of operands, then results:
// `uses` and the writes. A gather is the PTC's until it arrives, then its supplying tier's.
`include "isa.vh"
module scoreboard (
    input  wire         clk,
    input  wire         restart,     // the context starts: nothing is owed
    // the SIW that waits
    input  wire [ 89:0] uses,        // siw_decode
    input  wire [ 31:0] d_writes,
    input  wire [ 31:0] s_writes,
    input  wire [ 31:0] c_writes,
    output wire         ready,
    output wire [  4:0] cause,       // STALL_*, of the first register that is owed
    // what this cycle's issue owes
    input  wire [ 31:0] owes,
    input  wire [  4:0] d_cause,     // of D's register, S's and C's
    input  wire [  4:0] s_cause,
    input  wire [  4:0] c_cause,
    // results of this cycle, and the arrival of a gather
    input  wire [ 31:0] comes,
    input  wire         arrives,
    input  wire [  3:0] arrival_reg,
    input  wire [  1:0] arrival_tier,
    output wire [ 31:0] owed         // before this cycle's issue
);
  reg [31:0] busy;
  reg [159:0] by;  // five bits a register
  assign owed = busy & ~comes;

  wire [159:0] now;  // `by` with this cycle's arrival
  genvar i;
  generate
    for (i = 0; i < 32; i = i + 1) begin : register
      wire here = arrives && {1'b0, arrival_reg} == i;
      assign now[5*i+:5] = here ? `STALL_L1 + {3'd0, arrival_tier} : by[5*i+:5];
      always @(posedge clk) begin
        if (owes[i])
          by[5*i+:5] <= d_writes[i] ? d_cause : s_writes[i] ? s_cause : c_cause;
        else by[5*i+:5] <= now[5*i+:5];
      end
    end
  endgenerate
  always @(posedge clk) busy <= restart ? 32'd0 : owed | owes;

  // --- the first register owed -------------------------------------------------------------------
  // Eighteen sets of registers in their order, of each slot five operands and the results. All are
  // looked at at once; the first that is not empty gives the cause.
  wire [18*32-1:0] sets;
  wire [17:0] waits;  // for a register of the set
  generate
    for (i = 0; i < 18; i = i + 1) begin : set
      localparam SLOT = i / 6, OPERAND = i % 6, USE = 5 * SLOT + OPERAND;
      if (OPERAND < 5) begin : reads
        assign sets[32*i+:32] = owed & {31'd0, uses[6*USE+5]} << uses[6*USE+:5];
      end else begin : writes
        assign sets[32*i+:32] = owed & (SLOT == 0 ? d_writes : SLOT == 1 ? s_writes : c_writes);
      end
      assign waits[i] = sets[32*i+:32] != 32'd0;
    end
  endgenerate
  assign ready = waits == 18'd0;
  wire [17:0] chosen = waits & (~waits + 18'd1);  // its lowest one
  reg [31:0] first;
  reg [4:0] cause_;
  integer k;
  always @* begin
    first = 32'd0;
    cause_ = 5'd0;
    for (k = 0; k < 18; k = k + 1) first = first | {32{chosen[k]}} & sets[32*k+:32];
    for (k = 0; k < 32; k = k + 1) cause_ = cause_ | {5{first[k]}} & now[5*k+:5];
  end
  assign cause = cause_;

`ifdef FORMAL
  // Nothing issues while an operand or a result of it is owed, and nothing is held for nothing. A
  // register picked at random stays owed from the issue that owes it until its result comes.
  (* anyconst *) wire [4:0] picked;
  (* anyconst *) wire [3:0] which;
  reg past = 1'b0;
  reg was_owed, restarted;
  always @(posedge clk) begin
    past <= 1'b1;
    was_owed <= owed[picked] || owes[picked];
    restarted <= restart;
    if (past && !restarted && was_owed && !comes[picked]) assert (owed[picked]);
    if (ready) begin
      if (which < 4'd15 && uses[6*which+5]) assert (!owed[uses[6*which+:5]]);
      assert ((owed & (d_writes | s_writes | c_writes)) == 32'd0);
    end else assert (first != 32'd0 && (first & ~owed) == 32'd0);
  end
`endif
endmodule
