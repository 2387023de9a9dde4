// Lines on their way to L1, and requests beyond L1 that need no line there: COUNT buffers, the
// numbers under which memory answers.
//
//   free --request--> waiting --answer--> here --drained, one a cycle--> free
//                        |  (no place in L1: free at once) ^
//                        +-- scatters fill in bytes; gathers that merge take them along
//
// One more than memory entries suffices: waiting and here together never exceed the entries, for as
// long as a line is here, one leaves in every cycle, and at most one request comes.
module line_buffers #(
    parameter COUNT  = 17,
    parameter NUMBER = 5,
    parameter PLACE  = 9,
    parameter REGION = 16,
    parameter TIMER  = 8,
    parameter BYTES  = 64   // of a line
) (
    input  wire                       clk,
    input  wire                       reset,
    // the place in L1 that the arriving access looks at
    input  wire [PLACE-1:0]           place,
    output wire                       found,        // its line is in a buffer
    output wire                       in_flight,    // and has not come yet
    output reg  [NUMBER-1:0]          number,
    output wire [8*BYTES-1:0]         found_data,
    output wire [BYTES-1:0]           found_mask,   // its bytes that are here
    output wire [1:0]                 found_tier,   // that supplies it
    // what the access does with it
    input  wire                       store,
    input  wire [8*BYTES-1:0]         store_data,
    input  wire [BYTES-1:0]           store_mask,
    input  wire                       evict,
    // a new line or request
    input  wire                       take,
    output reg  [NUMBER-1:0]          taken,        // its number
    input  wire                       take_in_l1,
    input  wire                       take_alone,   // whole after take_cycles, no answer
    input  wire [TIMER-1:0]           take_cycles,
    input  wire [REGION-1:0]          take_region,
    input  wire [1:0]                 take_tier,
    input  wire [8*BYTES-1:0]         take_data,
    input  wire [BYTES-1:0]           take_mask,
    // answers
    input  wire [COUNT-1:0]           rsp_valid,
    input  wire [8*BYTES*COUNT-1:0]   rsp_data,
    output reg  [COUNT-1:0]           done,         // comes in this cycle
    // to L1
    output wire                       drain,
    output reg  [PLACE-1:0]           drain_place,
    output wire [8*BYTES-1:0]         drain_data,
    input  wire                       drop,         // SFREE: all lines of a region
    input  wire [REGION-1:0]          drop_region
);
  reg [COUNT-1:0] busy, waiting, alone, in_l1;
  // Registers, not memories: all are looked at, and answers may come to all, in every cycle.
  (* mem2reg *) reg [8*BYTES-1:0] data[0:COUNT-1];
  (* mem2reg *) reg [BYTES-1:0] mask[0:COUNT-1];
  reg [PLACE*COUNT-1:0] places;
  reg [REGION*COUNT-1:0] regions;
  reg [TIMER*COUNT-1:0] cycles;
  reg [2*COUNT-1:0] tiers;

  // --- which one --------------------------------------------------------------------------------
  reg [COUNT-1:0] match;  // that holds the line of the place; none or one
  wire [COUNT-1:0] here = busy & in_l1 & ~waiting;
  reg [NUMBER-1:0] drained;
  integer i;
  always @* begin
    number = {NUMBER{1'b0}};
    taken = {NUMBER{1'b0}};
    drained = {NUMBER{1'b0}};
    drain_place = {PLACE{1'b0}};
    for (i = COUNT - 1; i >= 0; i = i - 1) begin
      match[i] = busy[i] && in_l1[i] && places[PLACE*i+:PLACE] == place;
      if (match[i]) number = i[NUMBER-1:0];
      if (!busy[i]) taken = i[NUMBER-1:0];
      if (here[i]) begin
        drained = i[NUMBER-1:0];
        drain_place = places[PLACE*i+:PLACE];
      end
    end
  end
  assign found = |match;
  assign in_flight = |(match & waiting);
  assign found_data = data[number];
  assign found_mask = mask[number];
  assign found_tier = tiers[2*number+:2];

  // --- what comes in this cycle -----------------------------------------------------------------
  reg [COUNT-1:0] answered;
  reg [8*BYTES-1:0] store_answer, take_answer;  // for the buffers `number` and `taken`
  integer d;
  always @* begin
    store_answer = {8 * BYTES{1'b0}};
    take_answer = {8 * BYTES{1'b0}};
    for (d = 0; d < COUNT; d = d + 1) begin
      done[d] = busy[d] && waiting[d] && (alone[d] ? cycles[TIMER*d+:TIMER] == 1 : rsp_valid[d]);
      answered[d] = done[d] && !alone[d];
      if (store && number == d[NUMBER-1:0]) store_answer = rsp_data[8*BYTES*d+:8*BYTES];
      if (take && taken == d[NUMBER-1:0]) take_answer = rsp_data[8*BYTES*d+:8*BYTES];
    end
    if (take) begin
      done[taken] = take_alone ? take_cycles == 1 : rsp_valid[taken];
      answered[taken] = done[taken] && !take_alone;
    end
  end

  // --- data: bytes that are here stay, the others come with the answer; a store is youngest -----
  // A byte's bit in all of its bits.
  task bits_of(input [BYTES-1:0] bytes, output [8*BYTES-1:0] bits);
    /* verilator no_inline_task */
    integer n;
    for (n = 0; n < BYTES; n = n + 1) bits[8*n+:8] = {8{bytes[n]}};
  endtask
  reg [8*BYTES-1:0] stored, begun, new_bits, old_bits;
  always @* begin
    stored = found_data;
    new_bits = {8 * BYTES{1'b0}};
    old_bits = {8 * BYTES{1'b0}};
    if (store) begin
      if (answered[number]) begin
        bits_of(found_mask, old_bits);
        stored = (store_answer & ~old_bits) | (stored & old_bits);
      end
      bits_of(store_mask, new_bits);
      stored = (stored & ~new_bits) | (store_data & new_bits);
    end
  end
  reg [8*BYTES-1:0] take_bits;
  always @* begin
    take_bits = {8 * BYTES{1'b0}};
    begun = take_data;
    if (take && answered[taken]) begin
      bits_of(take_mask, take_bits);
      begun = (take_answer & ~take_bits) | (take_data & take_bits);
    end
  end
  assign drain = |here;
  assign drain_data = store && match[drained] ? stored : data[drained];
  integer b;
  reg [8*BYTES-1:0] bits;
  always @(posedge clk) begin
    for (b = 0; b < COUNT; b = b + 1) begin
      if (waiting[b] && alone[b]) cycles[TIMER*b+:TIMER] <= cycles[TIMER*b+:TIMER] - 1'b1;
      if (done[b]) mask[b] <= {BYTES{1'b1}};
      if (answered[b]) begin
        bits_of(mask[b], bits);
        data[b] <= (rsp_data[8*BYTES*b+:8*BYTES] & ~bits) | (data[b] & bits);
      end
      if (store && number == b[NUMBER-1:0]) begin
        data[b] <= stored;
        if (!done[b]) mask[b] <= mask[b] | store_mask;
      end
      if (take && taken == b[NUMBER-1:0]) begin
        data[b] <= begun;
        mask[b] <= done[b] ? {BYTES{1'b1}} : take_mask;
        places[PLACE*b+:PLACE] <= place;
        regions[REGION*b+:REGION] <= take_region;
        tiers[2*b+:2] <= take_tier;
        cycles[TIMER*b+:TIMER] <= take_cycles - 1'b1;
      end
    end
  end

  // --- states -----------------------------------------------------------------------------------
  wire [COUNT-1:0] owed = waiting & ~done;
  reg [COUNT-1:0] stays, drains;
  integer k;
  always @* begin
    for (k = 0; k < COUNT; k = k + 1) begin
      stays[k] = in_l1[k] && !(evict && match[k]) &&
          !(drop && regions[REGION*k+:REGION] == drop_region);
      drains[k] = here[k] && drained == k[NUMBER-1:0];
    end
  end
  always @(posedge clk) begin
    waiting <= owed;
    in_l1 <= stays;
    // Free when nothing is owed and no place in L1 is to be filled.
    busy <= busy & (owed | (stays & ~drains));
    if (take) begin
      waiting[taken] <= !done[taken];
      in_l1[taken] <= take_in_l1;
      alone[taken] <= take_alone;
      busy[taken] <= !done[taken] || take_in_l1;
    end
    if (reset) busy <= {COUNT{1'b0}};
  end

`ifdef FORMAL
  // As spipe uses it: an access that asks holds one of COUNT - 1 memory entries, as does each that
  // waits; a line that takes a place evicts the one there; memory answers what was asked. Then a
  // buffer is always free, and never two are of one place.
  reg started = 1'b0;
  reg [NUMBER:0] waits;
  integer f;
  always @* begin
    waits = 0;
    for (f = 0; f < COUNT; f = f + 1) if (busy[f] && waiting[f]) waits = waits + 1'b1;
    assume (reset == !started);
    assume (!take || waits < COUNT - 1);
    assume (evict == (take && take_in_l1));
    assume (!take_alone || (take_in_l1 && take_cycles != 0));
    assume (!store || (found && !take));
    assume (!drop || (!take && !store));
    for (f = 0; f < COUNT; f = f + 1)
      assume (!rsp_valid[f] || (busy[f] && waiting[f] && !alone[f]) || (take && taken == f));
  end
  always @(posedge clk) begin
    started <= 1'b1;
    if (started) begin
      assert (!take || !busy[taken]);
      assert ((match & (match - 1'b1)) == 0);
      assert ((busy & ~waiting & ~in_l1) == 0);
      cover (&busy);
    end
  end
`endif
endmodule
