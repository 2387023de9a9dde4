// What the co-simulation verilates: sentron_core with its early inputs in registers.
//
//   node, SIW memory, set-up, host --> registers --+--> sentron_core --> outputs
//   page table, tiers, network, collectives -------+
//
// The inputs that everything of a cycle depends on (its SIWs, set-up, start) come a clock edge
// early, so that the values that come within the cycle reach little logic: Verilator evaluates all
// that depends on inputs whenever one of them has changed.
`include "isa.vh"
module core_bench #(
    parameter DLEN = 512,
    parameter NODES = 1,
    parameter MEMORY_ENTRIES = `SPEC_MEMORY_ENTRIES,
    parameter CHANNELS = 16 + NODES,
    parameter LINES = MEMORY_ENTRIES + 1,
    parameter NUMBER = $clog2(LINES)
) (
    input  wire                          clk,
    input  wire                          next_reset,
    input  wire [7:0]                    next_ids,
    input  wire [5:0]                    next_node,
    input  wire [15:0]                   next_present,
    input  wire [1935:0]                 next_homes,
    output wire [63:0]                   siw_address,
    input  wire [1023:0]                 next_siw,
    input  wire                          next_set_up,
    input  wire                          next_set_up_context,
    input  wire [5:0]                    next_set_up_index,
    input  wire [511:0]                  next_set_up_data,
    input  wire [1:0]                    next_start,
    input  wire [63:0]                   next_entry,
    input  wire [63:0]                   next_past,
    output wire [2*CHANNELS-1:0]         send,
    output wire [255:0]                  send_data,
    output wire [2*CHANNELS-1:0]         take,
    input  wire [2*CHANNELS-1:0]         back,
    input  wire [2*CHANNELS-1:0]         arrive,
    input  wire [2*CHANNELS*256-1:0]     arrive_data,
    input  wire [9:0]                    arrived,
    output wire                          c_context,
    output wire                          collect,
    input  wire [1:0]                    release_,
    input  wire [2*DLEN-1:0]             release_data,
    output wire                          spawn,
    input  wire                          next_host,
    input  wire [127:0]                  next_host_coord,
    output wire                          pt_valid,
    output wire [1:0]                    pt_op,
    output wire [127:0]                  pt_coord,
    input  wire                          pt_ok,
    input  wire [1:0]                    pt_kind,
    input  wire                          pt_foreign,
    input  wire [15:0]                   pt_region,
    input  wire [31:0]                   pt_frame,
    output wire                          mem_valid,
    output wire [2:0]                    mem_op,
    output wire [NUMBER-1:0]             mem_id,
    output wire                          mem_ctx,
    output wire [37:0]                   mem_line,
    output wire [511:0]                  mem_data,
    output wire [63:0]                   mem_mask,
    output wire                          mem_dirty,
    input  wire [1:0]                    mem_tier,
    output wire                          victim_valid,
    output wire [37:0]                   victim_line,
    output wire [511:0]                  victim_data,
    output wire [63:0]                   victim_mask,
    output wire                          free_valid,
    input  wire [LINES-1:0]              rsp_valid,
    input  wire [512*LINES-1:0]          rsp_data,
    output wire [1:0]                    running,
    output wire [1:0]                    issued,
    output wire [63:0]                   pc,
    output wire [9:0]                    stall,
    output wire [1:0]                    fault,
    output wire [7:0]                    fault_code,
    output wire [63:0]                   result,
    output wire [63:0]                   owed,
    output wire [32*DLEN-1:0]            r_now,
    output wire [2047:0]                 p_now,
    output wire [2047:0]                 m_now,
    output wire [255:0]                  l_now
);
  reg reset;
  reg [7:0] ids;
  reg [5:0] node;
  reg [15:0] present;
  reg [1935:0] homes;
  reg [1023:0] siw;
  reg set_up;
  reg set_up_context;
  reg [5:0] set_up_index;
  reg [511:0] set_up_data;
  reg [1:0] start;
  reg [63:0] entry;
  reg [63:0] past;
  reg host;
  reg [127:0] host_coord;
  always @(posedge clk) begin
    reset <= next_reset;
    ids <= next_ids;
    node <= next_node;
    present <= next_present;
    homes <= next_homes;
    siw <= next_siw;
    set_up <= next_set_up;
    set_up_context <= next_set_up_context;
    set_up_index <= next_set_up_index;
    set_up_data <= next_set_up_data;
    start <= next_start;
    entry <= next_entry;
    past <= next_past;
    host <= next_host;
    host_coord <= next_host_coord;
  end
  sentron_core #(
      .DLEN(DLEN), .NODES(NODES), .MEMORY_ENTRIES(MEMORY_ENTRIES)
  ) core (
      .clk(clk), .reset(reset), .ids(ids), .node(node), .present(present), .homes(homes),
      .siw_address(siw_address), .siw(siw), .set_up(set_up), .set_up_context(set_up_context),
      .set_up_index(set_up_index), .set_up_data(set_up_data), .start(start), .entry(entry),
      .past(past), .send(send), .send_data(send_data), .take(take), .back(back), .arrive(arrive),
      .arrive_data(arrive_data), .arrived(arrived), .c_context(c_context), .collect(collect),
      .release_(release_), .release_data(release_data), .spawn(spawn), .host(host),
      .host_coord(host_coord), .pt_valid(pt_valid), .pt_op(pt_op), .pt_coord(pt_coord),
      .pt_ok(pt_ok), .pt_kind(pt_kind), .pt_foreign(pt_foreign), .pt_region(pt_region),
      .pt_frame(pt_frame), .mem_valid(mem_valid), .mem_op(mem_op), .mem_id(mem_id),
      .mem_ctx(mem_ctx), .mem_line(mem_line), .mem_data(mem_data), .mem_mask(mem_mask),
      .mem_dirty(mem_dirty), .mem_tier(mem_tier), .victim_valid(victim_valid),
      .victim_line(victim_line), .victim_data(victim_data), .victim_mask(victim_mask),
      .free_valid(free_valid), .rsp_valid(rsp_valid), .rsp_data(rsp_data), .running(running),
      .issued(issued), .pc(pc), .stall(stall), .fault(fault), .fault_code(fault_code),
      .result(result), .owed(owed), .r_now(r_now), .p_now(p_now), .m_now(m_now), .l_now(l_now),
      // The simulator tells these, or nobody asks:
      /* verilator lint_off PINCONNECTEMPTY */
      .pending(), .c_slot(), .collect_members(), .collect_value(), .pt_pages(), .pt_shared(),
      .mem_kind(), .victim_inflight(), .victim_id(), .free_region(), .ev_ptc_hit(), .ev_ptc_miss(),
      .ev_walk(), .ev_l1_hit(), .ev_l1_merge()
      /* verilator lint_on PINCONNECTEMPTY */
  );
endmodule
