// A sentron core: two contexts that share one port each of the D-, S- and C-pipe.
//
//            fetch      decode       tests 1 to 6, arbitration          execute
//   ctx 0  --> siw --> siw_decode --> issue_tests --+             +--> dpipe --+
//                      scoreboard, message_port,    smt_arbiter --+--> spipe --+--> register files,
//   ctx 1  --> siw --> hold_unit ---> issue_tests --+             +--> cpipe --+    scoreboards
//          <-- loop_unit: next SIW <------------------------------+
//
// Everything from the SIW to the execution ports is of the cycle of issue. Every result leaves its
// pipe in the cycle in which the architecture says that it is ready, is read in that cycle past the
// register file, and lies in the file from the next on.
//
// Outside are: the memory of SIWs, the page table, the tiers behind L1, the network with the unit
// that answers collectives, and the node that sets contexts up and starts them.
`include "isa.vh"
module sentron_core #(
    parameter DLEN = 512,
    parameter NODES = 1,
    parameter SPAWN = `SPEC_SPAWN,
    parameter BRANCH = `SPEC_BRANCH,
    parameter QUEUE_DEPTH = `SPEC_QUEUE_DEPTH,
    parameter NET_CORE = `SPEC_NET_CORE,
    parameter CURVE = `SPEC_CURVE,
    parameter PREFETCH = `SPEC_PREFETCH,
    parameter MEMORY_ENTRIES = `SPEC_MEMORY_ENTRIES,
    parameter PTC_ENTRIES = `SPEC_PTC_ENTRIES,
    parameter PTC_WAYS = `SPEC_PTC_WAYS,
    parameter PTC_MISS = `SPEC_PTC_MISS,
    parameter L1_BYTES = `SPEC_L1_BYTES,
    parameter L1_WAYS = `SPEC_L1_WAYS,
    parameter L1_LATENCY = `SPEC_L1_LATENCY,
    parameter L1_INTERVAL = `SPEC_L1_INTERVAL,
    parameter CHANNELS = 16 + NODES
) (
    input  wire                      clk,
    input  wire                      reset,
    // who this is: sentron numbers {context 1, context 0}, node, the node's sentrons, their homes
    input  wire [               7:0] ids,
    input  wire [               5:0] node,
    input  wire [              15:0] present,
    input  wire [            1935:0] homes,
    // the memory of SIWs, {context 1, context 0}: read synchronously
    output wire [              63:0] siw_address,
    input  wire [            1023:0] siw,
    // set-up: a register (index over the scoreboard) or, from 32 on, a group
    input  wire                      set_up,
    input  wire                      set_up_context,
    input  wire [               5:0] set_up_index,
    /* verilator lint_off UNUSEDSIGNAL */  // the widest register may be an m
    input  wire [             511:0] set_up_data,
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire [               1:0] start,
    input  wire [              63:0] entry,
    input  wire [              63:0] past,
    // messages from and to other cores, a channel (message_port) a bit; {context 1, context 0}
    output wire [    2*CHANNELS-1:0] send,
    output wire [             255:0] send_data,
    output wire [    2*CHANNELS-1:0] take,
    input  wire [    2*CHANNELS-1:0] back,
    input  wire [    2*CHANNELS-1:0] arrive,
    input  wire [2*CHANNELS*256-1:0] arrive_data,
    input  wire [               9:0] arrived,       // of the sends: a count for each context
    // collectives and CSPAWN: at issue, by `c_context`
    output wire                      c_context,
    output wire [              95:0] c_slot,
    output wire                      collect,
    output wire [              15:0] collect_members,
    output wire [          DLEN-1:0] collect_value,
    input  wire [               1:0] release_,      // the hold ends with this edge
    input  wire [        2*DLEN-1:0] release_data,
    output wire                      spawn,
    // the host looks up the PTC between phases; the page table, and the tiers behind L1 (spipe)
    input  wire                      host,
    input  wire [             127:0] host_coord,
    output wire                      pt_valid,
    output wire [               1:0] pt_op,
    output wire [             127:0] pt_coord,
    output wire [              31:0] pt_pages,
    output wire                      pt_shared,
    input  wire                      pt_ok,
    input  wire [               1:0] pt_kind,
    input  wire                      pt_foreign,
    input  wire [              15:0] pt_region,
    input  wire [              31:0] pt_frame,
    output wire                      mem_valid,
    output wire [               2:0] mem_op,
    output wire [  $clog2(MEMORY_ENTRIES+1)-1:0] mem_id,
    output wire                      mem_ctx,
    output wire [               1:0] mem_kind,
    output wire [              37:0] mem_line,
    output wire [             511:0] mem_data,
    output wire [              63:0] mem_mask,
    output wire                      mem_dirty,
    input  wire [               1:0] mem_tier,
    output wire                      victim_valid,
    output wire [              37:0] victim_line,
    output wire [             511:0] victim_data,
    output wire [              63:0] victim_mask,
    output wire                      victim_inflight,
    output wire [  $clog2(MEMORY_ENTRIES+1)-1:0] victim_id,
    output wire                      free_valid,
    output wire [              15:0] free_region,
    input  wire [  MEMORY_ENTRIES:0] rsp_valid,
    input  wire [512*MEMORY_ENTRIES+511:0] rsp_data,
    output wire                      ev_ptc_hit,
    output wire                      ev_ptc_miss,
    output wire                      ev_walk,
    output wire                      ev_l1_hit,
    output wire                      ev_l1_merge,
    // what happens in this cycle, for whoever watches
    output wire [               1:0] running,
    output wire [               1:0] issued,
    output wire [              63:0] pc,
    output wire [               9:0] stall,         // cause for each context
    output wire [               1:0] fault,
    output wire [               7:0] fault_code,
    output wire [              63:0] result,        // registers whose result comes, by scoreboard
    output wire [              63:0] owed,
    output wire [       32*DLEN-1:0] r_now,         // contents, as an issue reads them
    output wire [          2047:0]   p_now,
    output wire [          2047:0]   m_now,
    output wire [           255:0]   l_now
);
  genvar c, i;

  // --- decode, both contexts ---------------------------------------------------------------------
  wire [1:0] legal;
  wire [2*4-1:0] marks;
  wire [2*96-1:0] d_slots, s_slots, c_slots;
  wire [2*128-1:0] coords;
  wire [2*90-1:0] uses;
  wire [2*32-1:0] d_writes, s_writes, c_writes;
  wire [2*5-1:0] d_class;
  wire [1:0] pass;
  wire [5:0] ports;  // {C, S, D} of each
  wire [2*16-1:0] members;
  wire [2*256-1:0] received;
  wire [2*512-1:0] merged;

  // --- arbitration: which context has which pipe -------------------------------------------------
  wire [1:0] issue;
  smt_arbiter arbiter (
      .clk(clk),
      .start(start | {2{reset}}),
      .pass(pass),
      .ports0(ports[2:0]),
      .ports1(ports[5:3]),
      .issue(issue)
  );
  // Context 1 has a pipe if it issues something there.
  wire d1 = issue[1] && ports[3], s1 = issue[1] && ports[4], c1 = issue[1] && ports[5];
  wire d_issue = d1 || (issue[0] && ports[0]);
  wire s_issue = s1 || (issue[0] && ports[1]);
  wire c_issue = c1 || (issue[0] && ports[2]);
  wire [95:0] d_slot = d1 ? d_slots[191:96] : d_slots[95:0];
  wire [95:0] s_slot = s1 ? s_slots[191:96] : s_slots[95:0];
  assign c_slot = c1 ? c_slots[191:96] : c_slots[95:0];
  assign c_context = c1;
  wire [4:0] d_latency = d1 ? d_class[9:5] : d_class[4:0];

  // --- registers ---------------------------------------------------------------------------------
  localparam D_RESULTS = 5, S_RESULTS = MEMORY_ENTRIES + 1;
  localparam R_WRITES = D_RESULTS + S_RESULTS + 1 + 2 + 1;  // D, S, C, collectives, set-up
  wire [R_WRITES-1:0] r_write;
  wire [5*R_WRITES-1:0] r_write_address;
  wire [DLEN*R_WRITES-1:0] r_write_data;
  wire [9*DLEN-1:0] r_read;
  register_file #(.WIDTH(DLEN), .COUNT(32), .ADDRESS(5), .READS(9), .WRITES(R_WRITES)) r_file (
      .clk(clk),
      .read_address({
        c1, c_slot[`FIELD_RD], c1, c_slot[`FIELD_RS2], c1, c_slot[`FIELD_RS1],
        s1, s_slot[`FIELD_RD], s1, s_slot[`FIELD_RS1],
        d1, d_slot[`FIELD_RD], d1, d_slot[`FIELD_RS3],
        d1, d_slot[`FIELD_RS2], d1, d_slot[`FIELD_RS1]
      }),
      .read_data(r_read),
      .write(r_write),
      .write_address(r_write_address),
      .write_data(r_write_data),
      .now(r_now)
  );
  wire [DLEN-1:0] d_rs1 = r_read[0+:DLEN], d_rs2 = r_read[DLEN+:DLEN];
  wire [DLEN-1:0] d_rs3 = r_read[2*DLEN+:DLEN], d_old = r_read[3*DLEN+:DLEN];
  wire [DLEN-1:0] s_rs1 = r_read[4*DLEN+:DLEN], s_old = r_read[5*DLEN+:DLEN];
  wire [DLEN-1:0] c_rs1 = r_read[6*DLEN+:DLEN], c_rs2 = r_read[7*DLEN+:DLEN];
  wire [DLEN-1:0] c_old = r_read[8*DLEN+:DLEN];

  wire step_s_valid, step_c_valid;
  wire [3:0] step_s_reg, step_c_reg;
  wire [127:0] step_s_data, step_c_data, s_p, c_p;
  wire set_up_r = set_up && set_up_index < 6'd16;
  wire set_up_p = set_up && set_up_index >= 6'd16 && set_up_index < 6'd24;
  wire set_up_m = set_up && set_up_index >= 6'd24 && set_up_index < 6'd28;
  register_file #(.WIDTH(128), .COUNT(16), .ADDRESS(4), .READS(2), .WRITES(3)) p_file (
      .clk(clk),
      .read_address({c1, c_slot[14:12], s1, s_slot[22:20]}),  // C's rd, S's rs2
      .read_data({c_p, s_p}),
      .write({set_up_p, step_c_valid, step_s_valid}),
      .write_address({set_up_context, set_up_index[2:0], step_c_reg, step_s_reg}),
      .write_data({set_up_data[127:0], step_c_data, step_s_data}),
      .now(p_now)
  );
  wire pack_valid;
  wire [2:0] pack_reg;
  wire [255:0] pack_data, m_old, m_source;
  register_file #(.WIDTH(256), .COUNT(8), .ADDRESS(3), .READS(2), .WRITES(2)) m_file (
      .clk(clk),
      .read_address({c1, c_slot[13:12], c1, c_slot[17:16]}),  // rd, rs1
      .read_data({m_old, m_source}),
      .write({set_up_m, pack_valid}),
      .write_address({set_up_context, set_up_index[1:0], pack_reg}),
      .write_data({set_up_data[255:0], pack_data}),
      .now(m_now)
  );

  // --- D-pipe: results by latency, each with the register it is for ------------------------------
  wire [DLEN-1:0] y1, y3, y4, y6, y8;
  wire d_branch;
  dpipe #(.DLEN(DLEN)) dpipe_ (
      .clk(clk),
      .slot(d_slot),
      .rs1(d_rs1),
      .rs2(d_rs2),
      .rs3(d_rs3),
      .old(d_old),
      .y1(y1),
      .y3(y3),
      .y4(y4),
      .y6(y6),
      .y8(y8),
      .branch(d_branch)
  );
  // The pipe is cut for these latencies of the machine table (isa/latency.def).
  wire in1 = d_latency == `CLASS_MOVE || d_latency == `CLASS_ADD || d_latency == `CLASS_LOGIC;
  wire in3 = d_latency == `CLASS_MUL || d_latency == `CLASS_PERM;
  wire in4 = d_latency == `CLASS_F32 || d_latency == `CLASS_DOT || d_latency == `CLASS_CVT;
  wire in6 = d_latency == `CLASS_SPECIAL, in8 = d_latency == `CLASS_RED;
  wire [4:0] d_results = {5{d_issue}} & {in8, in6, in4, in3, in1};
  wire [4:0] d_comes;
  wire [24:0] d_reg;
  generate
    for (i = 0; i < D_RESULTS; i = i + 1) begin : d_port
      localparam CYCLES = i == 0 ? `LATENCY_MOVE : i == 1 ? `LATENCY_MUL : i == 2 ? `LATENCY_F32 :
          i == 3 ? `LATENCY_SPECIAL : `LATENCY_RED;
      wire unused;
      result_port #(.WIDTH(1), .ADDRESS(5), .CYCLES(CYCLES)) tag (
          .clk(clk),
          .reset(reset),
          .valid(d_results[i]),
          .address({d1, d_slot[`FIELD_RD]}),
          .data(1'b0),
          .out_valid(d_comes[i]),
          .out_address(d_reg[5*i+:5]),
          .out_data(unused)
      );
    end
  endgenerate

  // --- S-pipe ------------------------------------------------------------------------------------
  wire entry_free, s_closed, s_fault, arrives, arrival_context;
  wire [1:0] memory_pending, arrival_tier;
  wire [3:0] arrival_reg, s_fault_code;
  wire [127:0] s_stepped;
  wire [S_RESULTS-1:0] s_comes, s_comes_context;
  wire [4*S_RESULTS-1:0] s_comes_reg;
  wire [DLEN*S_RESULTS-1:0] s_data;
  wire [127:0] s_coord = s_slot[`FIELD_IMC] ? (s1 ? coords[255:128] : coords[127:0]) : s_p;

  /* verilator lint_off UNUSEDSIGNAL */
  wire s_step_fault;  // among s_fault
  /* verilator lint_on UNUSEDSIGNAL */
  spipe #(
      .DLEN(DLEN),
      .CURVE(CURVE),
      .PREFETCH(PREFETCH),
      .MEMORY_ENTRIES(MEMORY_ENTRIES),
      .PTC_ENTRIES(PTC_ENTRIES),
      .PTC_WAYS(PTC_WAYS),
      .PTC_MISS(PTC_MISS),
      .L1_BYTES(L1_BYTES),
      .L1_WAYS(L1_WAYS),
      .L1_LATENCY(L1_LATENCY),
      .L1_INTERVAL(L1_INTERVAL)
  ) spipe_ (
      .clk(clk),
      .reset(reset),
      .host(host),
      .host_coord(host_coord),
      .entry_free(entry_free),
      .s_closed(s_closed),
      .memory_pending(memory_pending),
      .issue(s_issue),
      .issue_ctx(s1),
      .slot(s_slot),
      .coord(s_coord),
      .value(s_rs1),
      .old(s_old),
      .step_out(s_stepped),
      .step_fault(s_step_fault),
      .fault(s_fault),
      .fault_code(s_fault_code[2:0]),
      .w_valid(s_comes),
      .w_ctx(s_comes_context),
      .w_reg(s_comes_reg),
      .w_data(s_data),
      .arrive(arrives),
      .arrive_ctx(arrival_context),
      .arrive_reg(arrival_reg),
      .arrive_tier(arrival_tier),
      .pt_valid(pt_valid),
      .pt_op(pt_op),
      .pt_coord(pt_coord),
      .pt_pages(pt_pages),
      .pt_shared(pt_shared),
      .pt_ok(pt_ok),
      .pt_kind(pt_kind),
      .pt_foreign(pt_foreign),
      .pt_region(pt_region),
      .pt_frame(pt_frame),
      .mem_valid(mem_valid),
      .mem_op(mem_op),
      .mem_id(mem_id),
      .mem_ctx(mem_ctx),
      .mem_kind(mem_kind),
      .mem_line(mem_line),
      .mem_data(mem_data),
      .mem_mask(mem_mask),
      .mem_dirty(mem_dirty),
      .mem_tier(mem_tier),
      .victim_valid(victim_valid),
      .victim_line(victim_line),
      .victim_data(victim_data),
      .victim_mask(victim_mask),
      .victim_inflight(victim_inflight),
      .victim_id(victim_id),
      .free_valid(free_valid),
      .free_region(free_region),
      .rsp_valid(rsp_valid),
      .rsp_data(rsp_data),
      .ev_ptc_hit(ev_ptc_hit),
      .ev_ptc_miss(ev_ptc_miss),
      .ev_walk(ev_walk),
      .ev_l1_hit(ev_l1_hit),
      .ev_l1_merge(ev_l1_merge)
  );
  assign s_fault_code[3] = 1'b0;
  result_port #(.WIDTH(128), .ADDRESS(4), .CYCLES(`LATENCY_STEP)) index_port (
      .clk(clk),
      .reset(reset),
      .valid(s_issue && s_slot[`FIELD_OP] == `OP_SINDEX),
      .address({s1, s_slot[14:12]}),
      .data(s_stepped),
      .out_valid(step_s_valid),
      .out_address(step_s_reg),
      .out_data(step_s_data)
  );

  // --- C-pipe ------------------------------------------------------------------------------------
  wire recv_valid, loop_valid, slice, c_fault;
  wire [4:0] recv_reg;
  wire [2:0] loop_reg;
  wire [31:0] loop_data;
  wire [DLEN-1:0] recv_data;
  wire [15:0] sliced;
  wire [3:0] c_fault_code;
  assign collect_members = c1 ? members[31:16] : members[15:0];
  assign collect_value = c_rs1;
  assign send_data = m_source;
  cpipe #(.DLEN(DLEN), .CURVE(CURVE)) cpipe_ (
      .clk(clk),
      .reset(reset),
      .issue(c_issue),
      .context_(c1),
      .id(c1 ? ids[7:4] : ids[3:0]),
      .slot(c_slot),
      .rs1(c_rs1),
      .rs2(c_rs2),
      .old(c_old),
      .p_old(c_p),
      .m_old(m_old),
      .received(c1 ? received[511:256] : received[255:0]),
      .merged(c1 ? merged[1023:512] : merged[511:0]),
      .members(collect_members),
      .homes(homes),
      .present(present),
      .p_valid(step_c_valid),
      .p_reg(step_c_reg),
      .p_data(step_c_data),
      .m_valid(pack_valid),
      .m_reg(pack_reg),
      .m_data(pack_data),
      .r_valid(recv_valid),
      .r_reg(recv_reg),
      .r_data(recv_data),
      .l_valid(loop_valid),
      .l_reg(loop_reg),
      .l_data(loop_data),
      .slice(slice),
      .sliced(sliced),
      .collect(collect),
      .spawn(spawn),
      .fault(c_fault),
      .fault_code(c_fault_code)
  );

  // --- results that come in this cycle -----------------------------------------------------------
  // Collectives: what the node answers is there from the next cycle on.
  wire [1:0] release_valid;
  wire [9:0] release_reg;
  wire [2*DLEN-1:0] release_now;
  assign r_write = {set_up_r, release_valid, recv_valid, s_comes, d_comes};
  wire [5*S_RESULTS-1:0] s_address;
  assign r_write_address = {
    set_up_context, set_up_index[3:0], release_reg, recv_reg, s_address, d_reg
  };
  assign r_write_data = {set_up_data[DLEN-1:0], release_now, recv_data, s_data, y8, y6, y4, y3, y1};
  generate
    for (i = 0; i < S_RESULTS; i = i + 1) begin : s_port
      assign s_address[5*i+:5] = {s_comes_context[i], s_comes_reg[4*i+:4]};
    end
  endgenerate
  /* verilator lint_off UNUSEDSIGNAL */
  wire [31:0] loop_unread;  // an l register is only shown: its count lives in the loop unit
  /* verilator lint_on UNUSEDSIGNAL */
  // A register a bit, {context 1, context 0}.
  reg [63:0] comes;
  integer k;
  always @* begin
    comes = 64'd0;
    for (k = 0; k < R_WRITES - 1; k = k + 1)
      if (r_write[k]) comes[{r_write_address[5*k+4], 1'b0, r_write_address[5*k+:4]}] = 1'b1;
    if (step_s_valid) comes[{step_s_reg[3], 2'b10, step_s_reg[2:0]}] = 1'b1;
    if (step_c_valid) comes[{step_c_reg[3], 2'b10, step_c_reg[2:0]}] = 1'b1;
    if (pack_valid) comes[{pack_reg[2], 3'b110, pack_reg[1:0]}] = 1'b1;
    if (loop_valid) comes[{loop_reg[2], 3'b111, loop_reg[1:0]}] = 1'b1;
  end
  assign result = comes;
  register_file #(.WIDTH(32), .COUNT(8), .ADDRESS(3), .READS(1), .WRITES(1)) l_file (
      .clk(clk),
      .read_address(3'd0),
      .read_data(loop_unread),
      .write(loop_valid),
      .write_address(loop_reg),
      .write_data(loop_data),
      .now(l_now)
  );

  // --- messages between the contexts of this core ------------------------------------------------
  // They arrive NET_CORE later, and so does their credit; the network outside never sees them.
  wire [2*CHANNELS-1:0] sends, takes, own, back_in, arrive_in;
  wire [3:0] near_send, near_take;  // to {1 from 1, 1 from 0, 0 from 1, 0 from 0}
  wire [3:0] near_arrive, near_back;
  wire [255:0] near_data;
  delay #(.WIDTH(8 + 256), .CYCLES(NET_CORE - 1)) near_way (
      .clk(clk),
      .d({near_take, near_send, m_source}),
      .q({near_back, near_arrive, near_data})
  );
  assign send = sends & ~own;
  assign take = takes & ~own;

  // --- each context ------------------------------------------------------------------------------
  generate
    for (c = 0; c < 2; c = c + 1) begin : side
      wire [3:0] id = ids[4*c+:4];
      /* verilator lint_off UNUSEDSIGNAL */  // here only a few fields count
      wire [95:0] d = d_slots[96*c+:96], s = s_slots[96*c+:96], x = c_slots[96*c+:96];
      // The loader's and the operand order's business:
      wire [7:0] deps;
      wire [31:0] reads;
      wire [4:0] s_class, c_class;
      /* verilator lint_on UNUSEDSIGNAL */
      siw_decode #(.DLEN(DLEN)) decode (
          .siw(siw[512*c+:512]),
          .legal(legal[c]),
          .deps(deps),
          .loop_ends(marks[4*c+:4]),
          .d_slot(d_slots[96*c+:96]),
          .s_slot(s_slots[96*c+:96]),
          .c_slot(c_slots[96*c+:96]),
          .coord(coords[128*c+:128]),
          .uses(uses[90*c+:90]),
          .reads(reads),
          .d_writes(d_writes[32*c+:32]),
          .s_writes(s_writes[32*c+:32]),
          .c_writes(c_writes[32*c+:32]),
          .d_latency(d_class[5*c+:5]),
          .s_latency(s_class),
          .c_latency(c_class)
      );
      assign ports[3*c+:3] = {
        x[`FIELD_OP] != `OP_CNOP, s[`FIELD_OP] != `OP_SNOP, d[`FIELD_OP] != `OP_DNOP
      };

      wire here, jump;
      wire [31:0] at, next;
      fetch #(.SPAWN(SPAWN), .BRANCH(BRANCH)) fetch_ (
          .clk(clk),
          .reset(reset),
          .start(start[c]),
          .entry(entry[32*c+:32]),
          .past(past[32*c+:32]),
          .issue(issue[c]),
          .halt(x[`FIELD_OP] == `OP_CHALT),
          .jump(jump),
          .next(next),
          .running(running[c]),
          .here(here),
          .pc(at),
          .address(siw_address[32*c+:32])
      );
      assign pc[32*c+:32] = at;
      loop_unit loops_ (
          .clk(clk),
          .restart(start[c]),
          .issue(issue[c]),
          .pc(at),
          .marks(marks[4*c+:4]),
          .enter(x[`FIELD_OP] == `OP_CLOOP),
          .set_l(x[13:12]),
          .count(x[`FIELD_CNT] ? c_rs1[31:0] : x[`FIELD_IMM]),
          .last({8'd0, x[`FIELD_END]}),
          .branch(d[`FIELD_OP] == `OP_DBR && d_branch),
          .target(d[`FIELD_IMM]),
          .jump(jump),
          .next(next)
      );

      wire ready, held, credit, message;
      wire [4:0] owed_by, held_by, cause;
      wire gathers = s[`FIELD_OP] == `OP_SGATHER || s[`FIELD_OP] == `OP_SGATHERM;
      wire collects = x[`FIELD_OP] == `OP_CREDUCE || x[`FIELD_OP] == `OP_CCAST;
      scoreboard board (
          .clk(clk),
          .restart(start[c] || reset),
          .uses(uses[90*c+:90]),
          .d_writes(d_writes[32*c+:32]),
          .s_writes(s_writes[32*c+:32]),
          .c_writes(c_writes[32*c+:32]),
          .ready(ready),
          .cause(owed_by),
          .owes(issue[c] ? d_writes[32*c+:32] | s_writes[32*c+:32] | c_writes[32*c+:32] : 32'd0),
          .d_cause(`STALL_DRESULT),
          .s_cause(gathers ? `STALL_PTC : `STALL_SRESULT),
          .c_cause(collects ? `STALL_COLLECTIVE : `STALL_CRESULT),
          .comes(comes[32*c+:32]),
          .arrives(arrives && arrival_context == c),
          .arrival_reg(arrival_reg),
          .arrival_tier(arrival_tier),
          .owed(owed[32*c+:32])
      );
      issue_tests tests (
          .running(running[c]),
          .here(here),
          .held(held),
          .held_by(held_by),
          .ready(ready),
          .owed_by(owed_by),
          .s_op(s[`FIELD_OP]),
          .prefetch(PREFETCH != 0),
          .entry_free(entry_free),
          .credit(credit),
          .message(message),
          .closed(s_closed),
          .pass(pass[c]),
          .cause(cause)
      );
      assign issued[c] = issue[c];
      assign stall[5*c+:5] = pass[c] && !issue[c] ? `STALL_PORT : cause;

      group_table groups (
          .clk(clk),
          .reset(reset),
          .set_up(set_up && set_up_context == c && set_up_index[5]),
          .set_up_number(set_up_index[3:0]),
          .set_up_members(set_up_data[15:0]),
          .slice(slice && c1 == c),
          .number(x[`FIELD_GROUP]),
          .sliced(sliced),
          .members(members[16*c+:16])
      );
      wire [CHANNELS*256-1:0] arrive_way;
      message_port #(.NODES(NODES), .DEPTH(QUEUE_DEPTH)) messages (
          .clk(clk),
          .reset(reset),
          .id(id),
          .node(node),
          .slot(x),
          .members(members[16*c+:16]),
          .credit(credit),
          .message(message),
          .issue(issue[c]),
          .send(sends[CHANNELS*c+:CHANNELS]),
          .take(takes[CHANNELS*c+:CHANNELS]),
          .back(back_in[CHANNELS*c+:CHANNELS]),
          .arrive(arrive_in[CHANNELS*c+:CHANNELS]),
          .arrive_data(arrive_way),
          .received(received[256*c+:256]),
          .merged(merged[512*c+:512])
      );
      for (i = 0; i < CHANNELS; i = i + 1) begin : channel
        // Of this core's contexts, as channels of this side.
        wire from0 = {28'd0, ids[3:0]} == i, from1 = {28'd0, ids[7:4]} == i;
        wire near = from0 || from1;
        assign own[CHANNELS*c+i] = near;
        wire sent = near_arrive[2*c+(from1?1:0)];
        assign arrive_in[CHANNELS*c+i] = near ? sent : arrive[CHANNELS*c+i];
        assign back_in[CHANNELS*c+i] = near ? near_back[2*c+(from1?1:0)] : back[CHANNELS*c+i];
        assign arrive_way[256*i+:256] = near ? near_data : arrive_data[256*(CHANNELS*c+i)+:256];
      end
      // The channels of either side that lead to this one.
      wire [15:0] sends0 = sends[15:0], sends1 = sends[CHANNELS+:16];
      wire [15:0] takes0 = takes[15:0], takes1 = takes[CHANNELS+:16];
      assign near_send[2*c+:2] = {sends1[id], sends0[id]};
      assign near_take[2*c+:2] = {takes1[id], takes0[id]};

      reg [4:0] leaving;
      integer n;
      always @* begin
        leaving = 5'd0;
        for (n = 0; n < CHANNELS; n = n + 1)
          leaving = leaving + {4'd0, send[CHANNELS*c+n]};
      end
      hold_unit hold (
          .clk(clk),
          .reset(reset),
          .restart(start[c] || reset),
          .issue(issue[c]),
          .slot(x),
          .release_(release_[c]),
          .memory_pending(memory_pending[c]),
          .sent(leaving),
          .arrived(arrived[5*c+:5]),
          .held(held),
          .held_by(held_by)
      );
      // The register of a collective waits with it.
      reg [3:0] collect_reg;
      reg collect_result;
      always @(posedge clk)
        if (issue[c] && collects) collect_reg <= x[`FIELD_RD];
      always @(posedge clk)
        if (reset) collect_result <= 1'b0;
        else if (issue[c]) collect_result <= collects;
      result_port #(.WIDTH(DLEN), .ADDRESS(5), .CYCLES(1)) collected (
          .clk(clk),
          .reset(reset),
          .valid(release_[c] && (issue[c] ? collects : collect_result)),
          .address({c != 0, issue[c] ? x[`FIELD_RD] : collect_reg}),
          .data(release_data[DLEN*c+:DLEN]),
          .out_valid(release_valid[c]),
          .out_address(release_reg[5*c+:5]),
          .out_data(release_now[DLEN*c+:DLEN])
      );

      wire s_here = s_issue && s1 == c, c_here = c_issue && c1 == c;
      wire illegal = issue[c] && !legal[c];
      assign fault[c] = illegal || (s_here && s_fault) || (c_here && c_fault);
      assign fault_code[4*c+:4] = illegal ? `FAULT_ILLEGAL : s_here && s_fault ? s_fault_code :
          c_fault_code;
    end
  endgenerate
endmodule
