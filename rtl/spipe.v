// The S-pipe: memory operations and coordinates, for both contexts of a core (architecture,
// sections 3 to 5; numbered decisions of sim/README.md, 8 to 21).
//
//   cycle t (issue)                         cycle a (arrival)                     cycle R (ready)
//   coord --> coord_step ------------------------------------------> SINDEX's result, in t
//         --> coord_linear --> ptc --+--> transit --> l1 ---------> memory_entry --> w_*
//                     page table <---+--> walker       |  line_buffers --^
//                                                      +--> mem_*, victim_* --> rsp_*
//
// a = t + PTC_HIT when the PTC hits; else the end of the walk (or t + PTC_HIT, if later). Until the
// walk ends the S ports are closed: there is one arrival a cycle, in the order of issue. What is shown before an issue
// (entry_free, s_closed, memory_pending) comes from registers. Faults are of the cycle of issue.
// SDEDUP, SASSOC, SROUTE and SNEIGHBR are not in the RTL (section 3).
`include "isa.vh"
module spipe #(
    parameter DLEN            = 512,
    parameter CURVE           = `SPEC_CURVE,
    parameter MEMORY_ENTRIES  = `SPEC_MEMORY_ENTRIES,
    parameter PTC_ENTRIES     = `SPEC_PTC_ENTRIES,
    parameter PTC_WAYS        = `SPEC_PTC_WAYS,
    parameter PTC_GRANULARITY = `SPEC_PTC_GRANULARITY,
    parameter PTC_HASH        = `SPEC_PTC_HASH,
    parameter PTC_REPLACEMENT = `SPEC_PTC_REPLACEMENT,
    parameter PTC_HIT         = `SPEC_PTC_HIT,          // 1 or more
    parameter PTC_MISS        = `SPEC_PTC_MISS,         // PTC_HIT or more
    parameter PREFETCH        = `SPEC_PREFETCH,
    parameter L1_BYTES        = `SPEC_L1_BYTES,         // 0: none
    parameter L1_WAYS         = `SPEC_L1_WAYS,
    parameter L1_LATENCY      = `SPEC_L1_LATENCY,
    parameter L1_INTERVAL     = `SPEC_L1_INTERVAL,
    parameter LATENCY_ALLOC   = `LATENCY_ALLOC,
    parameter HAS_L2          = 1,
    parameter HAS_L3          = 1,
    parameter COUNT           = MEMORY_ENTRIES + 1,     // line buffers; ports of results
    parameter NUMBER          = $clog2(COUNT),
    parameter REGION          = 16,
    parameter FRAME           = 32
) (
    input  wire                  clk,
    input  wire                  reset,
    // state, before anything issues
    output wire                  entry_free,
    output wire                  s_closed,
    output wire [1:0]            memory_pending,
    // issue
    input  wire                  issue,
    input  wire                  issue_ctx,
    input  wire [95:0]           slot,
    input  wire [127:0]          coord,
    input  wire [DLEN-1:0]       value,        // rs1
    input  wire [DLEN-1:0]       old,          // rd before
    // the host, between phases: a look-up that fills its entry at once, in a cycle without issue
    input  wire                  host,
    input  wire [127:0]          host_coord,
    output wire [127:0]          step_out,     // SINDEX
    output wire                  step_fault,
    output wire                  fault,        // of this issue
    output wire [2:0]            fault_code,
    // results: a port for each memory entry, the last one for SALLOC
    output wire [COUNT-1:0]      w_valid,
    output wire [COUNT-1:0]      w_ctx,
    output wire [4*COUNT-1:0]    w_reg,
    output wire [DLEN*COUNT-1:0] w_data,
    // a gather arrives: from now on its tier is what its register waits for
    output wire                  arrive,
    output wire                  arrive_ctx,
    output wire [3:0]            arrive_reg,
    output wire [1:0]            arrive_tier,
    // page table
    output wire                  pt_valid,
    output wire [1:0]            pt_op,
    output wire [127:0]          pt_coord,
    output wire [31:0]           pt_pages,     // SALLOC
    output wire                  pt_shared,
    input  wire                  pt_ok,
    input  wire [1:0]            pt_kind,
    input  wire                  pt_foreign,   // private to another core
    input  wire [REGION-1:0]     pt_region,
    input  wire [FRAME-1:0]      pt_frame,
    // memory beyond L1
    output wire                  mem_valid,
    output wire [2:0]            mem_op,
    output wire [NUMBER-1:0]     mem_id,
    output wire                  mem_ctx,
    output wire [1:0]            mem_kind,
    output wire [FRAME+5:0]      mem_line,
    output wire [511:0]          mem_data,
    output wire [63:0]           mem_mask,
    output wire                  mem_dirty,    // FLUSH: L1 held the line dirty
    input  wire [1:0]            mem_tier,     // that supplies it
    output wire                  victim_valid,
    output wire [FRAME+5:0]      victim_line,
    output wire [511:0]          victim_data,
    output wire [63:0]           victim_mask,
    output wire                  victim_inflight,
    output wire [NUMBER-1:0]     victim_id,
    output wire                  free_valid,
    output wire [REGION-1:0]     free_region,
    input  wire [COUNT-1:0]      rsp_valid,
    input  wire [512*COUNT-1:0]  rsp_data,
    // what happens, for who counts
    output wire                  ev_ptc_hit,
    output wire                  ev_ptc_miss,
    output wire                  ev_walk,
    output wire                  ev_l1_hit,
    output wire                  ev_l1_merge
);
  localparam [1:0] ROM = `REGION_ROM, PRIVATE = `REGION_PRIVATE, SHARED = `REGION_SHARED;
  localparam BYTES = DLEN / 8, LINE = FRAME + 6;
  localparam HAS_L1 = L1_BYTES > 0 ? 1 : 0;
  // The longest count: a walk, or a hit behind a hit of every other entry.
  localparam TIMER = $clog2(PTC_MISS + L1_LATENCY + COUNT * L1_INTERVAL + 2);

  // === issue ====================================================================================
  wire [7:0] op = slot[`FIELD_OP];
  wire [3:0] mode = slot[`FIELD_MODE];
  wire [5:0] offset = coord[`COORD_OFFSET];
  wire [6:0] width = slot[`FIELD_WIDTH];
  wire gathers = op == `OP_SGATHER || op == `OP_SGATHERM;
  wire scatters = op == `OP_SSCATTR, flushes = op == `OP_SFLUSH;
  wire prefetches = op == `OP_SPREFCH && PREFETCH != 0;
  wire allocates = op == `OP_SALLOC, frees = op == `OP_SFREE, steps = op == `OP_SINDEX;
  wire demand = issue && (gathers || scatters || flushes);
  wire looks = demand || (issue && prefetches);

  // --- SINDEX -----------------------------------------------------------------------------------
  wire [31:0] imm = slot[`FIELD_IMM];
  wire signed [32:0] lane = {value[31], value[31:0]};
  wire signed [32:0] step = {imm[31], imm} + (slot[`FIELD_RI] ? lane : 33'sd0);
  coord_step #(.CURVE(CURVE)) index (
      .coord(coord),
      .axis(slot[`FIELD_AXIS]),
      .step(step),
      .carry(slot[`FIELD_FLAG]),
      .result(step_out),
      .fault(step_fault)
  );

  // --- translation ------------------------------------------------------------------------------
  localparam PAYLOAD = REGION + FRAME + 3;
  localparam PTC_SETS = PTC_ENTRIES / PTC_WAYS, PTC_INDEX = PTC_SETS > 1 ? $clog2(PTC_SETS) : 1;
  wire [120:0] raw = host ? host_coord[120:0] : coord[120:0];
  wire [120:0] linear;
  wire [PAYLOAD-1:0] cached, asked, page;
  wire [PTC_INDEX-1:0] set_index;
  wire [PTC_WAYS-1:0] way;
  wire hit, filling, walks, walker_busy, walker_holds, touches;
  coord_linear #(.CURVE(CURVE)) linear_ (.x(raw), .y(linear));
  ptc #(
      .ENTRIES(PTC_ENTRIES),
      .WAYS(PTC_WAYS),
      .GRANULARITY(PTC_GRANULARITY),
      .HASH(PTC_HASH),
      .REPLACEMENT(PTC_REPLACEMENT),
      .REGION(REGION),
      .PAYLOAD(PAYLOAD)
  ) ptc_ (
      .clk(clk),
      .reset(reset),
      .raw(raw),
      .linear(linear),
      .hit(hit),
      .payload(cached),
      .index(set_index),
      .way(way),
      .touch(touches),
      .insert(walks || (host && !hit && pt_ok)),
      .new_payload(asked),
      .drop(issue && frees),
      .drop_region(pt_region)
  );
  assign pt_valid = ((looks || host) && !hit) || (issue && (allocates || frees));
  assign pt_op = host ? 2'd0 : allocates ? 2'd2 : frees ? 2'd3 : {1'b0, prefetches};
  assign pt_coord = host ? host_coord : coord;
  assign pt_pages = imm;
  assign pt_shared = mode == `MODE_KIND_SHARED;
  assign asked = {pt_region, pt_foreign, pt_kind, pt_frame};
  assign page = hit ? cached : asked;
  wire mapped = hit || pt_ok;
  wire [FRAME-1:0] frame = page[0+:FRAME];
  wire [1:0] kind = page[FRAME+:2];
  wire foreign = page[FRAME+2];
  wire [REGION-1:0] region = page[FRAME+3+:REGION];

  // A prefetch on a hit goes to the tiers; on a miss it walks if nothing else does, or is dropped.
  wire fetches = issue && prefetches && hit && !filling && !coord[`COORD_WILDCARD] && !foreign;
  wire walks_ahead = issue && prefetches && !hit && pt_ok && !walker_busy;
  assign walks = (demand && !hit) || walks_ahead;
  assign touches = ((demand || host) && hit) || fetches;
  // An access leaves the transit register so many cycles before it arrives.
  localparam LATER = PTC_HIT - 1;
  walker #(.MISS(PTC_MISS), .EARLIER(LATER), .WHERE(PTC_INDEX + PTC_WAYS)) walker_ (
      .clk(clk),
      .reset(reset),
      .miss(demand && !hit),
      .meet(demand && hit && filling),
      .prefetch(walks_ahead),
      .where({set_index, way}),
      .filling(filling),
      .busy(walker_busy),
      .closed(s_closed),
      .holds(walker_holds)
  );
  assign ev_ptc_hit = (demand && hit && !filling) || (host && hit);
  assign ev_ptc_miss = (demand || host) && !ev_ptc_hit;
  assign ev_walk = walks;

  // --- faults, the first that applies -----------------------------------------------------------
  wire [6:0] past_end = {1'b0, offset} + width;
  assign fault_code = steps ? {step_fault, step_fault, 1'b0} :
      frees ? (pt_ok ? 3'd0 : 3'd5) : !(gathers || scatters || flushes) ? 3'd0 :
      !mapped ? 3'd1 : scatters && kind == ROM ? 3'd2 : kind == PRIVATE && foreign ? 3'd3 :
      !flushes && past_end > 7'd64 ? 3'd4 : 3'd0;
  assign fault = issue && fault_code != 3'd0;

  // --- does a prefetch have a tier to fill? -----------------------------------------------------
  wire near = kind != SHARED, far = kind != PRIVATE && HAS_L3 != 0;
  wire in_reach = far || (near && (mode == `MODE_HINT_L2 ? HAS_L2 != 0 :
      mode != `MODE_HINT_L3 && (HAS_L1 != 0 || HAS_L2 != 0)));

  // --- transit: from issue to arrival -----------------------------------------------------------
  localparam TRANSIT = NUMBER + LINE + REGION + DLEN + 35;
  reg moving;
  reg [TRANSIT-1:0] moved;
  wire [NUMBER-1:0] entry;
  wire leaves = moving && !walker_holds;
  always @(posedge clk) begin
    if (leaves) moving <= 1'b0;
    if (demand || (fetches && in_reach) || (issue && frees)) begin
      moving <= 1'b1;
      moved <= {
        gathers, scatters, prefetches, flushes, frees, issue_ctx, kind, mode, slot[`FIELD_RD], offset,
        slot[`FIELD_AT], width, entry, frame, linear[5:0], frees ? pt_region : region, value
      };
    end
    if (reset) moving <= 1'b0;
  end
  wire arrives, t_gather, t_scatter, t_prefetch, t_flush, t_free, t_ctx;
  wire [NUMBER-1:0] t_entry;
  wire [LINE-1:0] t_line;
  wire [1:0] t_kind;
  wire [REGION-1:0] t_region;
  wire [3:0] t_hint, t_reg;
  wire [5:0] t_offset, t_at;
  wire [6:0] t_width;
  wire [DLEN-1:0] t_value;
  wire [TRANSIT-1:0] arrived;
  assign {
    t_gather, t_scatter, t_prefetch, t_flush, t_free, t_ctx, t_kind, t_hint, t_reg, t_offset, t_at,
    t_width, t_entry, t_line, t_region, t_value
  } = arrived;
  generate
    if (LATER == 0) begin : at_once
      assign arrives = leaves;
      assign arrived = moved;
    end else begin : on_the_way
      wire unused;
      result_port #(.WIDTH(TRANSIT), .ADDRESS(1), .CYCLES(LATER)) way (
          .clk(clk),
          .reset(reset),
          .valid(leaves),
          .address(1'b0),
          .data(moved),
          .out_valid(arrives),
          .out_address(unused),
          .out_data(arrived)
      );
    end
  endgenerate

  // === arrival ==================================================================================
  wire hinted_far = t_prefetch && (t_hint == `MODE_HINT_L2 || t_hint == `MODE_HINT_L3);
  wire in_l1 = HAS_L1 != 0 && t_kind != SHARED && !hinted_far;
  wire accesses = arrives && !t_free;
  wire l1_hit, l1_dirty, found, in_flight;
  wire [511:0] l1_data, found_data;
  wire [63:0] found_mask;
  wire [1:0] found_tier;
  wire [NUMBER-1:0] found_number, taken;
  wire [COUNT-1:0] line_done;

  // What L1 does: the line is there, is on its way, or makes room for itself.
  wire present = in_l1 && l1_hit;
  wire buffered = present && found;
  wire merges = accesses && buffered && in_flight && !t_flush;
  wire hits = accesses && present && !(found && in_flight) && !t_flush;
  wire missing = accesses && in_l1 && !l1_hit && !t_flush;
  wire whole = t_scatter && t_width == 7'd64;
  wire alone = missing && whole;  // nothing to fetch
  wire asks = accesses && !merges && !hits && !alone;
  wire evicts = missing && l1_dirty;
  wire writes = t_scatter && (merges || hits || missing);
  wire cleans = accesses && present && t_flush;

  // The port of L1 passes a line every L1_INTERVAL cycles.
  localparam [31:0] LATENCY = L1_LATENCY, INTERVAL = L1_INTERVAL;
  reg [TIMER-1:0] port_busy;
  wire passes = hits || alone;
  wire [TIMER-1:0] own_cycles = LATENCY[TIMER-1:0] + (passes ? port_busy : {TIMER{1'b0}});
  wire [TIMER-1:0] port_next = port_busy + (passes ? INTERVAL[TIMER-1:0] : {TIMER{1'b0}});
  always @(posedge clk) port_busy <= reset || port_next == 0 ? {TIMER{1'b0}} : port_next - 1'b1;
  // A line that memory brings is ready when it comes.
  wire [TIMER-1:0] cycles = asks ? {{(TIMER - 1) {1'b0}}, 1'b1} : own_cycles;

  // --- bytes of a scatter in their place in the line, of a line in their place in the register --
  wire [1023:0] wide_value = {{(1024 - DLEN) {1'b0}}, t_value};
  wire [511:0] store_data = (wide_value[511:0] >> {t_at, 3'd0}) << {t_offset, 3'd0};
  wire [127:0] bytes = (128'd1 << t_width) - 128'd1;
  wire [63:0] store_mask = bytes[63:0] << t_offset;
  wire [511:0] line_data = buffered ? found_data : l1_data;
  wire [63:0] held_mask = buffered ? found_mask : {64{1'b1}};
  wire [63:0] line_mask = asks ? 64'd0 : held_mask;
  wire [511:0] moved_data = (line_data >> {t_offset, 3'd0}) << {t_at, 3'd0};
  wire [63:0] moved_mask = ((line_mask >> t_offset) & bytes[63:0]) << t_at;

  localparam SETS = HAS_L1 != 0 ? L1_BYTES / 64 / L1_WAYS : 1;
  localparam PLACE = (L1_WAYS > 1 ? $clog2(L1_WAYS) : 1) + (SETS > 1 ? $clog2(SETS) : 1);
  wire [PLACE-1:0] place, drain_place;
  wire drain;
  wire [511:0] drain_data;
  generate
    if (HAS_L1 != 0) begin : cache
      l1 #(.BYTES(L1_BYTES), .WAYS(L1_WAYS), .LINE(LINE), .REGION(REGION)) l1_ (
          .clk(clk),
          .reset(reset),
          .line(t_line),
          .hit(l1_hit),
          .dirty(l1_dirty),
          .place(place),
          .victim_line(victim_line),
          .read_data(l1_data),
          .touch(hits || merges),
          .allocate(missing),
          .region(t_region),
          .make_dirty(writes),
          .make_clean(cleans),
          .store(writes && hits && !found),
          .store_data(store_data),
          .store_mask(store_mask),
          .drain(drain),
          .drain_place(drain_place),
          .drain_data(drain_data),
          .drop(free_valid),
          .drop_region(t_region)
      );
    end else begin : no_cache
      wire unused = &{1'b0, drain, drain_place, drain_data, cleans};
      assign {l1_hit, l1_dirty} = 2'b00;
      assign place = {PLACE{1'b0}};
      assign victim_line = {LINE{1'b0}};
      assign l1_data = 512'd0;
    end
  endgenerate
  line_buffers #(
      .COUNT(COUNT),
      .NUMBER(NUMBER),
      .PLACE(PLACE),
      .REGION(REGION),
      .TIMER(TIMER)
  ) buffers (
      .clk(clk),
      .reset(reset),
      .place(place),
      .found(found),
      .in_flight(in_flight),
      .number(found_number),
      .found_data(found_data),
      .found_mask(found_mask),
      .found_tier(found_tier),
      .store(writes && !missing && found),
      .store_data(store_data),
      .store_mask(store_mask),
      .evict(missing),
      .take(asks || alone),
      .taken(taken),
      .take_in_l1(missing),
      .take_alone(alone),
      .take_cycles(own_cycles),
      .take_region(t_region),
      .take_tier(alone ? 2'd0 : mem_tier),
      .take_data(store_data),
      .take_mask(t_scatter ? store_mask : 64'd0),
      .rsp_valid(rsp_valid),
      .rsp_data(rsp_data),
      .done(line_done),
      .drain(drain),
      .drain_place(drain_place),
      .drain_data(drain_data),
      .drop(free_valid),
      .drop_region(t_region)
  );

  // --- requests beyond L1 -----------------------------------------------------------------------
  localparam [2:0] READ = 3'd0, READ_NEAREST = 3'd1, PREFETCH_L2 = 3'd2, PREFETCH_L3 = 3'd3;
  localparam [2:0] WRITE = 3'd4, FLUSH = 3'd5;
  assign mem_valid = asks;
  assign mem_op = t_flush ? FLUSH : t_scatter && !in_l1 ? WRITE : !t_prefetch ? READ :
      t_hint == `MODE_HINT_NTA ? READ_NEAREST : t_hint == `MODE_HINT_L3 ? PREFETCH_L3 :
      in_l1 ? READ : PREFETCH_L2;
  assign mem_id = taken;
  assign mem_ctx = t_ctx;
  assign mem_kind = t_kind;
  assign mem_line = t_line;
  assign mem_data = t_flush ? line_data : store_data;
  assign mem_mask = t_flush ? held_mask : store_mask;
  assign mem_dirty = cleans && l1_dirty;
  assign victim_valid = evicts;
  assign victim_data = found ? found_data : l1_data;
  assign victim_mask = found ? found_mask : {64{1'b1}};
  assign victim_inflight = found && in_flight;
  assign victim_id = found_number;
  assign free_valid = arrives && t_free;
  assign free_region = t_region;
  assign ev_l1_hit = passes;
  assign ev_l1_merge = merges;

  assign arrive = accesses && t_gather;
  assign arrive_ctx = t_ctx;
  assign arrive_reg = t_reg;
  assign arrive_tier = hits ? 2'd0 : merges ? found_tier : mem_tier;

  // === memory entries ===========================================================================
  wire [MEMORY_ENTRIES-1:0] busy, of_ctx;
  reg [NUMBER-1:0] lowest;
  integer i;
  always @* begin
    lowest = {NUMBER{1'b0}};
    for (i = MEMORY_ENTRIES - 1; i >= 0; i = i - 1) if (!busy[i]) lowest = i[NUMBER-1:0];
  end
  assign entry = lowest;
  assign entry_free = !(&busy);
  assign memory_pending = {|(busy & of_ctx), |(busy & ~of_ctx)};
  // A walk in the background ends PTC_MISS cycles from now; if that is the next, it takes none.
  localparam [31:0] WALK = PTC_MISS - 1, IDLE = LATER;
  // A prefetch that does nothing is complete when it would arrive.
  wire idles = issue && prefetches && !(fetches && in_reach) && !walks_ahead;
  wire takes = demand || (fetches && in_reach) || (walks_ahead && PTC_MISS > 1) ||
      (idles && LATER > 0);
  wire [DLEN-1:0] kept = op == `OP_SGATHERM ? old : {DLEN{1'b0}};
  genvar e;
  generate
    for (e = 0; e < MEMORY_ENTRIES; e = e + 1) begin : entries
      memory_entry #(.DLEN(DLEN), .COUNT(COUNT), .NUMBER(NUMBER), .TIMER(TIMER)) entry_ (
          .clk(clk),
          .reset(reset),
          .take(takes && lowest == e),
          .take_ctx(issue_ctx),
          .take_gather(gathers),
          .take_timed(walks_ahead || idles),
          .take_cycles(idles ? IDLE[TIMER-1:0] : WALK[TIMER-1:0]),
          .take_reg(slot[`FIELD_RD]),
          .take_old(kept),
          .take_offset(offset),
          .take_at(slot[`FIELD_AT]),
          .take_width(width),
          .arrive(accesses && t_entry == e),
          .arrive_waits(!hits && !alone),
          .arrive_line(merges ? found_number : taken),
          .arrive_cycles(cycles),
          .arrive_data(moved_data[DLEN-1:0]),
          .arrive_mask(moved_mask[BYTES-1:0]),
          .line_done(line_done),
          .rsp_data(rsp_data),
          .busy(busy[e]),
          .ctx(of_ctx[e]),
          .dest(w_reg[4*e+:4]),
          .w_valid(w_valid[e]),
          .w_data(w_data[DLEN*e+:DLEN])
      );
      assign w_ctx[e] = of_ctx[e];
    end
  endgenerate

  // === SALLOC ===================================================================================
  // Its result, the first frame or -1 in every lane of 64 bits, takes LATENCY_ALLOC cycles.
  reg [LATENCY_ALLOC-1:0] allocating;
  wire [63:0] first, first_later;
  assign first = pt_ok ? {{(64 - FRAME) {1'b0}}, pt_frame} : {64{1'b1}};
  always @(posedge clk) begin
    allocating <= reset ? {LATENCY_ALLOC{1'b0}} : allocating << 1;
    if (!reset) allocating[0] <= issue && allocates;
  end
  delay #(.WIDTH(69), .CYCLES(LATENCY_ALLOC)) alloc (
      .clk(clk),
      .d({issue_ctx, slot[`FIELD_RD], first}),
      .q({w_ctx[COUNT-1], w_reg[4*COUNT-1-:4], first_later})
  );
  assign w_valid[COUNT-1] = allocating[LATENCY_ALLOC-1];
  assign w_data[DLEN*COUNT-1-:DLEN] = {(DLEN / 64) {first_later}};
  wire unused = &{1'b0, slot, host_coord, value, bytes, moved_data, moved_mask, wide_value};
endmodule
