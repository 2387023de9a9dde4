// The S-pipe for tests/rtl: one of each of four small machines, so that rare cases are common; the
// bench drives the one that it selects. Ports have the size of the largest; bits beyond a machine's
// own are zero.
`include "isa.vh"
module memory_tb (
    input  wire          clk,
    input  wire          reset,
    input  wire [1:0]    select,
    output wire          entry_free,
    output wire          s_closed,
    output wire [1:0]    memory_pending,
    input  wire          issue,
    input  wire          issue_ctx,
    input  wire [95:0]   slot,
    input  wire [127:0]  coord,
    input  wire [511:0]  value,
    input  wire [511:0]  old,
    input  wire          host,             // its coordinate: coord
    output wire [127:0]  step_out,
    output wire          step_fault,
    output wire          fault,
    output wire [2:0]    fault_code,
    output wire [16:0]   w_valid,
    output wire [16:0]   w_ctx,
    output wire [67:0]   w_reg,
    output wire [15:0]   dlen,
    output wire [3584:0] w_data,           // dlen bits a port
    output wire          arrive,
    output wire          arrive_ctx,
    output wire [3:0]    arrive_reg,
    output wire [1:0]    arrive_tier,
    output wire          pt_valid,
    output wire [1:0]    pt_op,
    output wire [127:0]  pt_coord,
    output wire [31:0]   pt_pages,
    output wire          pt_shared,
    input  wire          pt_ok,
    input  wire [1:0]    pt_kind,
    input  wire          pt_foreign,
    input  wire [15:0]   pt_region,
    input  wire [31:0]   pt_frame,
    output wire          mem_valid,
    output wire [2:0]    mem_op,
    output wire [4:0]    mem_id,
    output wire          mem_ctx,
    output wire [1:0]    mem_kind,
    output wire [37:0]   mem_line,
    output wire [511:0]  mem_data,
    output wire [63:0]   mem_mask,
    output wire          mem_dirty,
    input  wire [1:0]    mem_tier,
    output wire          victim_valid,
    output wire [37:0]   victim_line,
    output wire [511:0]  victim_data,
    output wire [63:0]   victim_mask,
    output wire          victim_inflight,
    output wire [4:0]    victim_id,
    output wire          free_valid,
    output wire [15:0]   free_region,
    input  wire [16:0]   rsp_valid,
    input  wire [8703:0] rsp_data,
    output wire          ev_ptc_hit,
    output wire          ev_ptc_miss,
    output wire          ev_walk,
    output wire          ev_l1_hit,
    output wire          ev_l1_merge
);
  // Outputs of all machines, of which one is shown.
  wire entry_free_[0:3];
  wire s_closed_[0:3];
  wire [1:0] memory_pending_[0:3];
  wire [127:0] step_out_[0:3];
  wire step_fault_[0:3];
  wire fault_[0:3];
  wire [2:0] fault_code_[0:3];
  wire arrive_[0:3];
  wire arrive_ctx_[0:3];
  wire [3:0] arrive_reg_[0:3];
  wire [1:0] arrive_tier_[0:3];
  wire pt_valid_[0:3];
  wire [1:0] pt_op_[0:3];
  wire [127:0] pt_coord_[0:3];
  wire [31:0] pt_pages_[0:3];
  wire pt_shared_[0:3];
  wire mem_valid_[0:3];
  wire [2:0] mem_op_[0:3];
  wire mem_ctx_[0:3];
  wire [1:0] mem_kind_[0:3];
  wire [37:0] mem_line_[0:3];
  wire [511:0] mem_data_[0:3];
  wire [63:0] mem_mask_[0:3];
  wire mem_dirty_[0:3];
  wire victim_valid_[0:3];
  wire [37:0] victim_line_[0:3];
  wire [511:0] victim_data_[0:3];
  wire [63:0] victim_mask_[0:3];
  wire victim_inflight_[0:3];
  wire free_valid_[0:3];
  wire [15:0] free_region_[0:3];
  wire ev_ptc_hit_[0:3];
  wire ev_ptc_miss_[0:3];
  wire ev_walk_[0:3];
  wire ev_l1_hit_[0:3];
  wire ev_l1_merge_[0:3];
  wire [4:0] mem_id_[0:3];
  wire [4:0] victim_id_[0:3];
  wire [16:0] w_valid_[0:3];
  wire [16:0] w_ctx_[0:3];
  wire [67:0] w_reg_[0:3];
  wire [3584:0] w_data_[0:3];
  wire [15:0] dlen_[0:3];
  assign entry_free = entry_free_[select];
  assign s_closed = s_closed_[select];
  assign memory_pending = memory_pending_[select];
  assign step_out = step_out_[select];
  assign step_fault = step_fault_[select];
  assign fault = fault_[select];
  assign fault_code = fault_code_[select];
  assign arrive = arrive_[select];
  assign arrive_ctx = arrive_ctx_[select];
  assign arrive_reg = arrive_reg_[select];
  assign arrive_tier = arrive_tier_[select];
  assign pt_valid = pt_valid_[select];
  assign pt_op = pt_op_[select];
  assign pt_coord = pt_coord_[select];
  assign pt_pages = pt_pages_[select];
  assign pt_shared = pt_shared_[select];
  assign mem_valid = mem_valid_[select];
  assign mem_op = mem_op_[select];
  assign mem_ctx = mem_ctx_[select];
  assign mem_kind = mem_kind_[select];
  assign mem_line = mem_line_[select];
  assign mem_data = mem_data_[select];
  assign mem_mask = mem_mask_[select];
  assign mem_dirty = mem_dirty_[select];
  assign victim_valid = victim_valid_[select];
  assign victim_line = victim_line_[select];
  assign victim_data = victim_data_[select];
  assign victim_mask = victim_mask_[select];
  assign victim_inflight = victim_inflight_[select];
  assign free_valid = free_valid_[select];
  assign free_region = free_region_[select];
  assign ev_ptc_hit = ev_ptc_hit_[select];
  assign ev_ptc_miss = ev_ptc_miss_[select];
  assign ev_walk = ev_walk_[select];
  assign ev_l1_hit = ev_l1_hit_[select];
  assign ev_l1_merge = ev_l1_merge_[select];
  assign mem_id = mem_id_[select];
  assign victim_id = victim_id_[select];
  assign w_valid = w_valid_[select];
  assign w_ctx = w_ctx_[select];
  assign w_reg = w_reg_[select];
  assign w_data = w_data_[select];
  assign dlen = dlen_[select];

  genvar g;
  generate
    for (g = 0; g < 4; g = g + 1) begin : machine
      // The same numbers as in tests/rtl/memory_test.c.
      localparam DLEN = g == 1 ? 128 : g == 2 ? 512 : 64;
      localparam ENTRIES = g == 0 ? 4 : g == 1 ? 16 : g == 2 ? 6 : 3;
      localparam COUNT = ENTRIES + 1, NUMBER = $clog2(COUNT);
      wire [COUNT-1:0] valid, context_;
      wire [4*COUNT-1:0] register_;
      wire [DLEN*COUNT-1:0] data;
      wire [NUMBER-1:0] request, victim;
      wire [7:0] wide_request = {{(8 - NUMBER) {1'b0}}, request};
      wire [7:0] wide_victim = {{(8 - NUMBER) {1'b0}}, victim};
      wire [17:0] wide_valid = {{(18 - COUNT) {1'b0}}, valid};
      wire [17:0] wide_context = {{(18 - COUNT) {1'b0}}, context_};
      wire [71:0] wide_register = {{(72 - 4 * COUNT) {1'b0}}, register_};
      assign mem_id_[g] = wide_request[4:0];
      assign victim_id_[g] = wide_victim[4:0];
      assign w_valid_[g] = wide_valid[16:0];
      assign w_ctx_[g] = wide_context[16:0];
      assign w_reg_[g] = wide_register[67:0];
      wire unused = &{1'b0, wide_request, wide_victim, wide_valid, wide_context, wide_register};
      assign w_data_[g] = {{(3585 - DLEN * COUNT) {1'b0}}, data};
      assign dlen_[g] = DLEN[15:0];
      spipe #(
          .DLEN(DLEN),
          .CURVE(g == 1 ? `CURVE_HILBERT : g == 2 ? `CURVE_ROW : `CURVE_ZORDER),
          .MEMORY_ENTRIES(ENTRIES),
          .PTC_ENTRIES(g == 0 ? 8 : g == 1 ? 16 : g == 2 ? 4 : 2),
          .PTC_WAYS(g == 0 ? 2 : g == 1 || g == 2 ? 4 : 1),
          .PTC_GRANULARITY(g == 1 ? 1 : 0),
          .PTC_HASH(g == 1 || g == 3 ? 1 : 0),
          .PTC_REPLACEMENT(g == 2 ? 1 : 0),
          .PTC_MISS(g == 0 ? 12 : g == 1 ? 5 : g == 2 ? 1 : 7),
          .L1_BYTES(g == 0 ? 256 : g == 1 ? 2048 : g == 2 ? 512 : 0),
          .L1_WAYS(g == 0 ? 2 : g == 1 ? 8 : 1),
          .L1_LATENCY(g == 1 ? 4 : g == 2 ? 2 : 1),
          .L1_INTERVAL(g == 1 ? 2 : g == 2 ? 3 : 1),
          .LATENCY_ALLOC(g == 0 ? 12 : g == 1 ? 3 : 1),
          .HAS_L2(g != 3),
          .HAS_L3(g != 2)
      ) dut (
          .clk(clk),
          .reset(reset),
          .entry_free(entry_free_[g]),
          .s_closed(s_closed_[g]),
          .memory_pending(memory_pending_[g]),
          .issue(issue && select == g),
          .issue_ctx(issue_ctx),
          .slot(slot),
          .coord(coord),
          .value(value[DLEN-1:0]),
          .old(old[DLEN-1:0]),
          .host(host && select == g),
          .host_coord(coord),
          .step_out(step_out_[g]),
          .step_fault(step_fault_[g]),
          .fault(fault_[g]),
          .fault_code(fault_code_[g]),
          .w_valid(valid),
          .w_ctx(context_),
          .w_reg(register_),
          .w_data(data),
          .arrive(arrive_[g]),
          .arrive_ctx(arrive_ctx_[g]),
          .arrive_reg(arrive_reg_[g]),
          .arrive_tier(arrive_tier_[g]),
          .pt_valid(pt_valid_[g]),
          .pt_op(pt_op_[g]),
          .pt_coord(pt_coord_[g]),
          .pt_pages(pt_pages_[g]),
          .pt_shared(pt_shared_[g]),
          .pt_ok(pt_ok),
          .pt_kind(pt_kind),
          .pt_foreign(pt_foreign),
          .pt_region(pt_region),
          .pt_frame(pt_frame),
          .mem_valid(mem_valid_[g]),
          .mem_op(mem_op_[g]),
          .mem_id(request),
          .mem_ctx(mem_ctx_[g]),
          .mem_kind(mem_kind_[g]),
          .mem_line(mem_line_[g]),
          .mem_data(mem_data_[g]),
          .mem_mask(mem_mask_[g]),
          .mem_dirty(mem_dirty_[g]),
          .mem_tier(mem_tier),
          .victim_valid(victim_valid_[g]),
          .victim_line(victim_line_[g]),
          .victim_data(victim_data_[g]),
          .victim_mask(victim_mask_[g]),
          .victim_inflight(victim_inflight_[g]),
          .victim_id(victim),
          .free_valid(free_valid_[g]),
          .free_region(free_region_[g]),
          .rsp_valid(rsp_valid[COUNT-1:0]),
          .rsp_data(rsp_data[512*COUNT-1:0]),
          .ev_ptc_hit(ev_ptc_hit_[g]),
          .ev_ptc_miss(ev_ptc_miss_[g]),
          .ev_walk(ev_walk_[g]),
          .ev_l1_hit(ev_l1_hit_[g]),
          .ev_l1_merge(ev_l1_merge_[g])
      );
    end
  endgenerate
  wire unused = &{1'b0, value, old, rsp_valid, rsp_data};
endmodule
