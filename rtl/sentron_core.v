// A sentron core: two contexts (sentron) that share one port each of the D-, S- and C-pipe.
//
//            sentron: fetch, decode, tests   arbitration          execute
//   ctx 0  --> siw --> what it would issue --+             +--> dpipe --+
//                                            smt_arbiter --+--> spipe --+--> register files,
//   ctx 1  --> siw --> what it would issue --+             +--> cpipe --+    scoreboards
//          <-- next SIW <----- issue --------+
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
    parameter PTC_GRANULARITY = `SPEC_PTC_GRANULARITY,
    parameter PTC_HASH = `SPEC_PTC_HASH,
    parameter PTC_REPLACEMENT = `SPEC_PTC_REPLACEMENT,
    parameter PTC_HIT = `SPEC_PTC_HIT,              // 1 or more
    parameter PTC_MISS = `SPEC_PTC_MISS,            // PTC_HIT or more
    parameter L1_BYTES = `SPEC_L1_BYTES,
    parameter L1_WAYS = `SPEC_L1_WAYS,
    parameter L1_LATENCY = `SPEC_L1_LATENCY,
    parameter L1_INTERVAL = `SPEC_L1_INTERVAL,
    parameter LATENCY_MOVE = `LATENCY_MOVE,         // of a class, or more classes (d_results)
    parameter LATENCY_MUL = `LATENCY_MUL,
    parameter LATENCY_F32 = `LATENCY_F32,
    parameter LATENCY_SPECIAL = `LATENCY_SPECIAL,
    parameter LATENCY_RED = `LATENCY_RED,
    parameter LATENCY_STEP = `LATENCY_STEP,
    parameter LATENCY_PACK = `LATENCY_PACK,
    parameter LATENCY_RECV = `LATENCY_RECV,
    parameter LATENCY_LOOP = `LATENCY_LOOP,
    parameter LATENCY_ALLOC = `LATENCY_ALLOC,
    parameter HAS_L2 = 1,                           // what prefetches can fill
    parameter HAS_L3 = 1,
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
    output wire [               1:0] pending,       // memory operations not complete
    output wire [       32*DLEN-1:0] r_now,         // contents, as an issue reads them
    output wire [          2047:0]   p_now,
    output wire [          2047:0]   m_now,
    output wire [           255:0]   l_now
);
  genvar c, i;

  // --- what each context tells -------------------------------------------------------------------
  wire [2*96-1:0] d_slots, s_slots, c_slots;
  wire [2*128-1:0] coords;
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
  wire [4:0] d_comes;
  wire [24:0] d_reg;
  wire [5*DLEN-1:0] d_data;
  d_results #(
      .DLEN(DLEN),
      .LATENCY_MOVE(LATENCY_MOVE),
      .LATENCY_MUL(LATENCY_MUL),
      .LATENCY_F32(LATENCY_F32),
      .LATENCY_SPECIAL(LATENCY_SPECIAL),
      .LATENCY_RED(LATENCY_RED)
  ) d_results_ (
      .clk(clk),
      .reset(reset),
      .issue(d_issue),
      .latency(d_latency),
      .address({d1, d_slot[`FIELD_RD]}),
      .y({y8, y6, y4, y3, y1}),
      .comes(d_comes),
      .regs(d_reg),
      .data(d_data)
  );

  // --- S-pipe ------------------------------------------------------------------------------------
  wire entry_free, s_closed, s_fault, arrives, arrival_context;
  wire [1:0] memory_pending, arrival_tier;
  wire [3:0] arrival_reg;
  wire [2:0] s_fault_code;
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
      .PTC_GRANULARITY(PTC_GRANULARITY),
      .PTC_HASH(PTC_HASH),
      .PTC_REPLACEMENT(PTC_REPLACEMENT),
      .PTC_HIT(PTC_HIT),
      .PTC_MISS(PTC_MISS),
      .L1_BYTES(L1_BYTES),
      .L1_WAYS(L1_WAYS),
      .L1_LATENCY(L1_LATENCY),
      .L1_INTERVAL(L1_INTERVAL),
      .LATENCY_ALLOC(LATENCY_ALLOC),
      .HAS_L2(HAS_L2),
      .HAS_L3(HAS_L3)
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
      .fault_code(s_fault_code),
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
  result_port #(.WIDTH(128), .ADDRESS(4), .CYCLES(LATENCY_STEP)) index_port (
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
  cpipe #(
      .DLEN(DLEN),
      .CURVE(CURVE),
      .LATENCY_STEP(LATENCY_STEP),
      .LATENCY_PACK(LATENCY_PACK),
      .LATENCY_RECV(LATENCY_RECV),
      .LATENCY_LOOP(LATENCY_LOOP)
  ) cpipe_ (
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
  wire [1:0] collected;
  wire [9:0] collected_reg;
  wire [2*DLEN-1:0] collected_data;
  assign r_write = {set_up_r, collected, recv_valid, s_comes, d_comes};
  wire [5*S_RESULTS-1:0] s_address;
  assign r_write_address = {
    set_up_context, set_up_index[3:0], collected_reg, recv_reg, s_address, d_reg
  };
  assign r_write_data = {set_up_data[DLEN-1:0], collected_data, recv_data, s_data, d_data};
  generate
    for (i = 0; i < S_RESULTS; i = i + 1) begin : s_port
      assign s_address[5*i+:5] = {s_comes_context[i], s_comes_reg[4*i+:4]};
    end
  endgenerate
  /* verilator lint_off UNUSEDSIGNAL */
  wire [31:0] loop_unread;  // an l register is only shown: its count lives in the loop unit
  /* verilator lint_on UNUSEDSIGNAL */
  // A register a bit, {context 1, context 0}: r 0..15, p 16..23, m 24..27, l 28..31 of each.
  reg [63:0] comes;
  integer k;
  always @* begin
    comes = ({63'd0, step_s_valid} << {step_s_reg[3], 2'b10, step_s_reg[2:0]})
        | ({63'd0, step_c_valid} << {step_c_reg[3], 2'b10, step_c_reg[2:0]})
        | ({63'd0, pack_valid} << {pack_reg[2], 3'b110, pack_reg[1:0]})
        | ({63'd0, loop_valid} << {loop_reg[2], 3'b111, loop_reg[1:0]});
    for (k = 0; k < R_WRITES - 1; k = k + 1)
      comes = comes
          | ({63'd0, r_write[k]} << {r_write_address[5*k+4], 1'b0, r_write_address[5*k+:4]});
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
  wire [3:0] near_send, near_take;  // of {1 to 1, 1 to 0, 0 to 1, 0 to 0}
  wire [3:0] near_arrive, near_back;
  wire [255:0] near_data;
  delay #(.WIDTH(8 + 256), .CYCLES(NET_CORE - 1)) near_way (
      .clk(clk),
      .d({near_take, near_send, m_source}),
      .q({near_back, near_arrive, near_data})
  );

  // --- the contexts ------------------------------------------------------------------------------
  generate
    for (c = 0; c < 2; c = c + 1) begin : side
      sentron #(
          .DLEN(DLEN),
          .NODES(NODES),
          .SPAWN(SPAWN),
          .BRANCH(BRANCH),
          .QUEUE_DEPTH(QUEUE_DEPTH),
          .PREFETCH(PREFETCH)
      ) sentron_ (
          .clk(clk),
          .reset(reset),
          .context_(c != 0),
          .ids(ids),
          .node(node),
          .siw_address(siw_address[32*c+:32]),
          .siw(siw[512*c+:512]),
          .start(start[c]),
          .entry(entry[32*c+:32]),
          .past(past[32*c+:32]),
          .set_up(set_up && set_up_context == c && set_up_index[5]),
          .set_up_number(set_up_index[3:0]),
          .set_up_members(set_up_data[15:0]),
          .d_slot(d_slots[96*c+:96]),
          .s_slot(s_slots[96*c+:96]),
          .c_slot(c_slots[96*c+:96]),
          .coord(coords[128*c+:128]),
          .d_latency(d_class[5*c+:5]),
          .pass(pass[c]),
          .ports(ports[3*c+:3]),
          .issue(issue[c]),
          .entry_free(entry_free),
          .s_closed(s_closed),
          .memory_pending(memory_pending[c]),
          .gathered(arrives && arrival_context == c),
          .gathered_reg(arrival_reg),
          .gathered_tier(arrival_tier),
          .s_fault(s_issue && s1 == c && s_fault),
          .s_fault_code({1'b0, s_fault_code}),
          .d_branch(d_branch),
          .rounds(c_rs1[31:0]),
          .members(members[16*c+:16]),
          .slice(slice && c1 == c),
          .sliced(sliced),
          .received(received[256*c+:256]),
          .merged(merged[512*c+:512]),
          .c_fault(c_issue && c1 == c && c_fault),
          .c_fault_code(c_fault_code),
          .comes(comes[32*c+:32]),
          .owed(owed[32*c+:32]),
          .release_(release_[c]),
          .release_data(release_data[DLEN*c+:DLEN]),
          .collected(collected[c]),
          .collected_reg(collected_reg[5*c+:5]),
          .collected_data(collected_data[DLEN*c+:DLEN]),
          .send(send[CHANNELS*c+:CHANNELS]),
          .take(take[CHANNELS*c+:CHANNELS]),
          .back(back[CHANNELS*c+:CHANNELS]),
          .arrive(arrive[CHANNELS*c+:CHANNELS]),
          .arrive_data(arrive_data[256*CHANNELS*c+:256*CHANNELS]),
          .arrived(arrived[5*c+:5]),
          .near_send(near_send[2*c+:2]),
          .near_take(near_take[2*c+:2]),
          .near_back({near_back[2+c], near_back[c]}),
          .near_arrive({near_arrive[2+c], near_arrive[c]}),
          .near_arrived(near_arrive[2*c+:2]),
          .near_data(near_data),
          .running(running[c]),
          .pc(pc[32*c+:32]),
          .stall(stall[5*c+:5]),
          .fault(fault[c]),
          .fault_code(fault_code[4*c+:4])
      );
    end
  endgenerate
  assign issued = issue;
  assign pending = memory_pending;
endmodule
