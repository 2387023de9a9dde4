// One sentron: the part of a core that each of its two contexts has for itself.
//
//   siw --> siw_decode --> slots, operands ------------------> (sentron_core: arbitration, pipes)
//                |         scoreboard --ready-+
//                |         hold_unit ---held--+--> issue_tests --> pass, cause of the stall
//                |         message_port-------+
//   address <-- fetch <-- loop_unit <-- issue, branch
//
// All of it is of the cycle of issue. What the core's shared part tells back is of the same cycle
// too: whether this context issues, results that come, the arrival of a gather, faults.
`include "isa.vh"
module sentron #(
    parameter DLEN = 512,
    parameter NODES = 1,
    parameter SPAWN = `SPEC_SPAWN,
    parameter BRANCH = `SPEC_BRANCH,
    parameter QUEUE_DEPTH = `SPEC_QUEUE_DEPTH,
    parameter PREFETCH = `SPEC_PREFETCH,
    parameter CHANNELS = 16 + NODES
) (
    input  wire                    clk,
    input  wire                    reset,
    input  wire                    context_,       // of the core
    input  wire [             7:0] ids,            // numbers of the core's sentrons
    input  wire [             5:0] node,
    // the memory of SIWs; start; set-up of a group
    output wire [            31:0] siw_address,
    input  wire [           511:0] siw,
    input  wire                    start,
    input  wire [            31:0] entry,
    input  wire [            31:0] past,
    input  wire                    set_up,
    input  wire [             3:0] set_up_number,
    input  wire [            15:0] set_up_members,
    // the SIW that waits: operations, and the registers of D's latency class
    output wire [            95:0] d_slot,
    output wire [            95:0] s_slot,
    output wire [            95:0] c_slot,
    output wire [           127:0] coord,
    output wire [             4:0] d_latency,
    // arbitration
    output wire                    pass,
    output wire [             2:0] ports,          // {C, S, D} that it needs
    input  wire                    issue,
    // S-pipe
    input  wire                    entry_free,
    input  wire                    s_closed,
    input  wire                    memory_pending,
    input  wire                    gathered,       // a gather of this context arrives at L1
    input  wire [             3:0] gathered_reg,
    input  wire [             1:0] gathered_tier,
    input  wire                    s_fault,        // of this context's issue
    input  wire [             3:0] s_fault_code,
    // D-pipe and C-pipe; the latter's answers if this context has it
    input  wire                    d_branch,
    input  wire [            31:0] rounds,         // lane 0 of the C slot's rs1
    output wire [            15:0] members,        // of the C slot's group
    input  wire                    slice,
    input  wire [            15:0] sliced,
    output wire [           255:0] received,
    output wire [           511:0] merged,
    input  wire                    c_fault,
    input  wire [             3:0] c_fault_code,
    // results that come in this cycle, over the scoreboard; and the collective's
    input  wire [            31:0] comes,
    output wire [            31:0] owed,
    input  wire                    release_,
    input  wire [        DLEN-1:0] release_data,
    output wire                    collected,
    output wire [             4:0] collected_reg,  // {context, number}
    output wire [        DLEN-1:0] collected_data,
    // messages: of other cores by channel, of this core by the other side's context
    output wire [    CHANNELS-1:0] send,
    output wire [    CHANNELS-1:0] take,
    input  wire [    CHANNELS-1:0] back,
    input  wire [    CHANNELS-1:0] arrive,
    input  wire [CHANNELS*256-1:0] arrive_data,
    input  wire [             4:0] arrived,        // of the sends
    output wire [             1:0] near_send,      // to {context 1, context 0}
    output wire [             1:0] near_take,
    input  wire [             1:0] near_back,      // from {context 1, context 0}
    input  wire [             1:0] near_arrive,
    input  wire [             1:0] near_arrived,   // of the sends: at {context 1, context 0}
    input  wire [           255:0] near_data,
    // for whoever watches
    output wire                    running,
    output wire [            31:0] pc,
    output wire [             4:0] stall,
    output wire                    fault,
    output wire [             3:0] fault_code
);
  wire [3:0] id = context_ ? ids[7:4] : ids[3:0];

  // --- decode ------------------------------------------------------------------------------------
  wire legal;
  wire [3:0] marks;
  wire [89:0] uses;
  wire [31:0] d_writes, s_writes, c_writes;
  /* verilator lint_off UNUSEDSIGNAL */  // the loader's and the operand order's business
  wire [7:0] deps;
  wire [31:0] reads;
  wire [4:0] s_latency, c_latency;
  /* verilator lint_on UNUSEDSIGNAL */
  siw_decode #(.DLEN(DLEN)) decode (
      .siw(siw),
      .legal(legal),
      .deps(deps),
      .loop_ends(marks),
      .d_slot(d_slot),
      .s_slot(s_slot),
      .c_slot(c_slot),
      .coord(coord),
      .uses(uses),
      .reads(reads),
      .d_writes(d_writes),
      .s_writes(s_writes),
      .c_writes(c_writes),
      .d_latency(d_latency),
      .s_latency(s_latency),
      .c_latency(c_latency)
  );
  wire [7:0] d_op = d_slot[`FIELD_OP], s_op = s_slot[`FIELD_OP], c_op = c_slot[`FIELD_OP];
  assign ports = {c_op != `OP_CNOP, s_op != `OP_SNOP, d_op != `OP_DNOP};

  // --- where it is, and where it goes ------------------------------------------------------------
  wire here, jump;
  wire [31:0] next;
  fetch #(.SPAWN(SPAWN), .BRANCH(BRANCH)) fetch_ (
      .clk(clk),
      .reset(reset),
      .start(start),
      .entry(entry),
      .past(past),
      .issue(issue),
      .halt(c_op == `OP_CHALT),
      .jump(jump),
      .next(next),
      .running(running),
      .here(here),
      .pc(pc),
      .address(siw_address)
  );
  loop_unit loops (
      .clk(clk),
      .restart(start),
      .issue(issue),
      .pc(pc),
      .marks(marks),
      .enter(c_op == `OP_CLOOP),
      .set_l(c_slot[13:12]),
      .count(c_slot[`FIELD_CNT] ? rounds : c_slot[`FIELD_IMM]),
      .last({8'd0, c_slot[`FIELD_END]}),
      .branch(d_op == `OP_DBR && d_branch),
      .target(d_slot[`FIELD_IMM]),
      .jump(jump),
      .next(next)
  );

  // --- may it issue? -----------------------------------------------------------------------------
  wire ready, held, credit, message;
  wire [4:0] owed_by, held_by, cause;
  wire gathers = s_op == `OP_SGATHER || s_op == `OP_SGATHERM;
  wire collects = c_op == `OP_CREDUCE || c_op == `OP_CCAST;
  scoreboard board (
      .clk(clk),
      .restart(start || reset),
      .uses(uses),
      .d_writes(d_writes),
      .s_writes(s_writes),
      .c_writes(c_writes),
      .ready(ready),
      .cause(owed_by),
      .owes(issue ? d_writes | s_writes | c_writes : 32'd0),
      .d_cause(`STALL_DRESULT),
      .s_cause(gathers ? `STALL_PTC : `STALL_SRESULT),
      .c_cause(collects ? `STALL_COLLECTIVE : `STALL_CRESULT),
      .comes(comes),
      .arrives(gathered),
      .arrival_reg(gathered_reg),
      .arrival_tier(gathered_tier),
      .owed(owed)
  );
  issue_tests tests (
      .running(running),
      .here(here),
      .held(held),
      .held_by(held_by),
      .ready(ready),
      .owed_by(owed_by),
      .s_op(s_op),
      .prefetch(PREFETCH != 0),
      .entry_free(entry_free),
      .credit(credit),
      .message(message),
      .closed(s_closed),
      .pass(pass),
      .cause(cause)
  );
  assign stall = pass && !issue ? `STALL_PORT : cause;
  wire illegal = issue && !legal;
  assign fault = illegal || s_fault || c_fault;
  assign fault_code = illegal ? `FAULT_ILLEGAL : s_fault ? s_fault_code : c_fault_code;

  // --- groups and messages -----------------------------------------------------------------------
  group_table groups (
      .clk(clk),
      .reset(reset),
      .set_up(set_up),
      .set_up_number(set_up_number),
      .set_up_members(set_up_members),
      .slice(slice),
      .number(c_slot[`FIELD_GROUP]),
      .sliced(sliced),
      .members(members)
  );
  wire [CHANNELS-1:0] sends, takes, near, back_in, arrive_in;
  wire [CHANNELS*256-1:0] data_in;
  message_port #(.NODES(NODES), .DEPTH(QUEUE_DEPTH)) messages (
      .clk(clk),
      .reset(reset),
      .id(id),
      .node(node),
      .slot(c_slot),
      .members(members),
      .credit(credit),
      .message(message),
      .issue(issue),
      .send(sends),
      .take(takes),
      .back(back_in),
      .arrive(arrive_in),
      .arrive_data(data_in),
      .received(received),
      .merged(merged)
  );
  // Channels to this core's contexts do not leave it.
  genvar i;
  generate
    for (i = 0; i < CHANNELS; i = i + 1) begin : channel
      wire from0 = {28'd0, ids[3:0]} == i, from1 = {28'd0, ids[7:4]} == i;
      assign near[i] = from0 || from1;
      assign arrive_in[i] = near[i] ? near_arrive[from1] : arrive[i];
      assign back_in[i] = near[i] ? near_back[from1] : back[i];
      assign data_in[256*i+:256] = near[i] ? near_data : arrive_data[256*i+:256];
    end
  endgenerate
  assign send = sends & ~near;
  assign take = takes & ~near;
  wire [15:0] local_sends = sends[15:0], local_takes = takes[15:0];
  assign near_send = {local_sends[ids[7:4]], local_sends[ids[3:0]]};
  assign near_take = {local_takes[ids[7:4]], local_takes[ids[3:0]]};
  reg [4:0] leaving;
  integer at;
  always @* begin
    leaving = 5'd0;
    for (at = 0; at < CHANNELS; at = at + 1) leaving = leaving + {4'd0, sends[at]};
  end
  hold_unit hold (
      .clk(clk),
      .reset(reset),
      .restart(start || reset),
      .issue(issue),
      .slot(c_slot),
      .release_(release_),
      .memory_pending(memory_pending),
      .sent(leaving),
      .arrived(arrived + {4'd0, near_arrived[0]} + {4'd0, near_arrived[1]}),
      .held(held),
      .held_by(held_by)
  );

  // --- the register of a collective waits with it ------------------------------------------------
  reg [3:0] collect_reg;
  reg collect_result;
  always @(posedge clk) if (issue && collects) collect_reg <= c_slot[`FIELD_RD];
  always @(posedge clk)
    if (reset) collect_result <= 1'b0;
    else if (issue) collect_result <= collects;
  result_port #(.WIDTH(DLEN), .ADDRESS(5), .CYCLES(1)) collective (
      .clk(clk),
      .reset(reset),
      .valid(release_ && (issue ? collects : collect_result)),
      .address({context_, issue ? c_slot[`FIELD_RD] : collect_reg}),
      .data(release_data),
      .out_valid(collected),
      .out_address(collected_reg),
      .out_data(collected_data)
  );
endmodule
