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
  // Outputs of all machines in a row each, of which one is shown.
  localparam OUTPUTS = 5282;
  wire [OUTPUTS-1:0] of[0:3];
  assign {
    entry_free, s_closed, memory_pending, step_out, step_fault, fault, fault_code, w_valid, w_ctx,
    w_reg, dlen, w_data, arrive, arrive_ctx, arrive_reg, arrive_tier, pt_valid, pt_op, pt_coord,
    pt_pages, pt_shared, mem_valid, mem_op, mem_id, mem_ctx, mem_kind, mem_line, mem_data,
    mem_mask, mem_dirty, victim_valid, victim_line, victim_data, victim_mask, victim_inflight,
    victim_id, free_valid, free_region, ev_ptc_hit, ev_ptc_miss, ev_walk, ev_l1_hit, ev_l1_merge
  } = of[select];

  genvar g;
  generate
    for (g = 0; g < 4; g = g + 1) begin : machine
      // The same numbers as in tests/rtl/memory_test.c.
      localparam DLEN = g == 1 ? 128 : g == 2 ? 512 : 64;
      localparam ENTRIES = g == 0 ? 4 : g == 1 ? 16 : g == 2 ? 6 : 3;
      localparam COUNT = ENTRIES + 1, NUMBER = $clog2(COUNT);
      wire entry_free_, s_closed_, step_fault_, fault_, arrive_, arrive_ctx_, pt_valid_,
          pt_shared_, mem_valid_, mem_ctx_, mem_dirty_, victim_valid_, victim_inflight_,
          free_valid_, ev_ptc_hit_, ev_ptc_miss_, ev_walk_, ev_l1_hit_, ev_l1_merge_;
      wire [1:0] memory_pending_, arrive_tier_, pt_op_, mem_kind_;
      wire [127:0] step_out_, pt_coord_;
      wire [2:0] fault_code_, mem_op_;
      wire [15:0] free_region_;
      wire [3:0] arrive_reg_;
      wire [31:0] pt_pages_;
      wire [37:0] mem_line_, victim_line_;
      wire [511:0] mem_data_, victim_data_;
      wire [63:0] mem_mask_, victim_mask_;
      wire [COUNT-1:0] valid, context_;
      wire [4*COUNT-1:0] register_;
      wire [DLEN*COUNT-1:0] data;
      wire [NUMBER-1:0] request, victim;
      wire [7:0] wide_request = {{(8 - NUMBER) {1'b0}}, request};
      wire [7:0] wide_victim = {{(8 - NUMBER) {1'b0}}, victim};
      wire [17:0] wide_valid = {{(18 - COUNT) {1'b0}}, valid};
      wire [17:0] wide_context = {{(18 - COUNT) {1'b0}}, context_};
      wire [71:0] wide_register = {{(72 - 4 * COUNT) {1'b0}}, register_};
      wire unused = &{1'b0, wide_request, wide_victim, wide_valid, wide_context, wide_register};
      assign of[g] = {
        entry_free_, s_closed_, memory_pending_, step_out_, step_fault_, fault_, fault_code_,
        wide_valid[16:0], wide_context[16:0], wide_register[67:0], DLEN[15:0],
        {{(3585 - DLEN * COUNT) {1'b0}}, data}, arrive_, arrive_ctx_, arrive_reg_, arrive_tier_,
        pt_valid_, pt_op_, pt_coord_, pt_pages_, pt_shared_, mem_valid_, mem_op_,
        wide_request[4:0], mem_ctx_, mem_kind_, mem_line_, mem_data_, mem_mask_, mem_dirty_,
        victim_valid_, victim_line_, victim_data_, victim_mask_, victim_inflight_,
        wide_victim[4:0], free_valid_, free_region_, ev_ptc_hit_, ev_ptc_miss_, ev_walk_,
        ev_l1_hit_, ev_l1_merge_
      };
      spipe #(
          .DLEN(DLEN),
          .CURVE(g == 1 ? `CURVE_HILBERT : g == 2 ? `CURVE_ROW : `CURVE_ZORDER),
          .MEMORY_ENTRIES(ENTRIES),
          .PTC_ENTRIES(g == 0 ? 8 : g == 1 ? 16 : g == 2 ? 4 : 2),
          .PTC_WAYS(g == 0 ? 2 : g == 1 || g == 2 ? 4 : 1),
          .PTC_GRANULARITY(g == 1 ? 1 : 0),
          .PTC_HASH(g == 1 || g == 3 ? 1 : 0),
          .PTC_REPLACEMENT(g == 2 ? 1 : 0),
          .PTC_HIT(g == 1 ? 3 : g == 3 ? 7 : 1),
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
          .entry_free(entry_free_),
          .s_closed(s_closed_),
          .memory_pending(memory_pending_),
          .issue(issue && select == g),
          .issue_ctx(issue_ctx),
          .slot(slot),
          .coord(coord),
          .value(value[DLEN-1:0]),
          .old(old[DLEN-1:0]),
          .host(host && select == g),
          .host_coord(coord),
          .step_out(step_out_),
          .step_fault(step_fault_),
          .fault(fault_),
          .fault_code(fault_code_),
          .w_valid(valid),
          .w_ctx(context_),
          .w_reg(register_),
          .w_data(data),
          .arrive(arrive_),
          .arrive_ctx(arrive_ctx_),
          .arrive_reg(arrive_reg_),
          .arrive_tier(arrive_tier_),
          .pt_valid(pt_valid_),
          .pt_op(pt_op_),
          .pt_coord(pt_coord_),
          .pt_pages(pt_pages_),
          .pt_shared(pt_shared_),
          .pt_ok(pt_ok),
          .pt_kind(pt_kind),
          .pt_foreign(pt_foreign),
          .pt_region(pt_region),
          .pt_frame(pt_frame),
          .mem_valid(mem_valid_),
          .mem_op(mem_op_),
          .mem_id(request),
          .mem_ctx(mem_ctx_),
          .mem_kind(mem_kind_),
          .mem_line(mem_line_),
          .mem_data(mem_data_),
          .mem_mask(mem_mask_),
          .mem_dirty(mem_dirty_),
          .mem_tier(mem_tier),
          .victim_valid(victim_valid_),
          .victim_line(victim_line_),
          .victim_data(victim_data_),
          .victim_mask(victim_mask_),
          .victim_inflight(victim_inflight_),
          .victim_id(victim),
          .free_valid(free_valid_),
          .free_region(free_region_),
          .rsp_valid(rsp_valid[COUNT-1:0]),
          .rsp_data(rsp_data[512*COUNT-1:0]),
          .ev_ptc_hit(ev_ptc_hit_),
          .ev_ptc_miss(ev_ptc_miss_),
          .ev_walk(ev_walk_),
          .ev_l1_hit(ev_l1_hit_),
          .ev_l1_merge(ev_l1_merge_)
      );
    end
  endgenerate
  wire unused = &{1'b0, value, old, rsp_valid, rsp_data};
endmodule
