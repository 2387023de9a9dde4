// The phext translation cache of a core (architecture, section 4): set-associative, LRU. An entry
// covers a page of 64 cells, or one cell (GRANULARITY coordinate). The look-up is combinational, in
// the cycle of issue; what it changes is there in the next cycle.
//
//   linear --> key --+--> set (folded by xor, or HASH reference) --> ways --> tags equal? --> hit,
//                    +---------------------------------------------------------^           payload
`include "isa.vh"
module ptc #(
    parameter ENTRIES     = `SPEC_PTC_ENTRIES,
    parameter WAYS        = `SPEC_PTC_WAYS,
    parameter GRANULARITY = `SPEC_PTC_GRANULARITY,  // 0 page, 1 coordinate
    parameter HASH        = `SPEC_PTC_HASH,         // 0 fold, 1 reference
    parameter REPLACEMENT = `SPEC_PTC_REPLACEMENT,  // 0 LRU, 1 way 0
    parameter REGION      = 16,
    parameter PAYLOAD     = REGION + 35,  // region, foreign, kind, frame
    parameter KEY         = GRANULARITY == 0 ? 115 : 121,
    parameter SETS        = ENTRIES / WAYS,
    parameter INDEX       = SETS > 1 ? $clog2(SETS) : 1
) (
    input  wire                 clk,
    input  wire                 reset,
    // the look-up
    input  wire [120:0]         raw,
    input  wire [120:0]         linear,
    output wire                 hit,
    output wire [PAYLOAD-1:0]   payload,
    output wire [INDEX-1:0]     index,
    output wire [WAYS-1:0]      way,           // that holds the key, or would be replaced
    // what it does
    input  wire                 touch,         // a hit: its way becomes the youngest
    input  wire                 insert,        // a miss: the key takes a way
    input  wire [PAYLOAD-1:0]   new_payload,
    input  wire                 drop,          // SFREE: all entries of a region
    input  wire [REGION-1:0]    drop_region
);
  localparam PAIRS = WAYS > 1 ? WAYS * (WAYS - 1) / 2 : 1;
  localparam [WAYS-1:0] ONE = 1;

  // --- key and set ------------------------------------------------------------------------------
  wire [KEY-1:0] key = linear[120-:KEY];
  generate
    if (SETS == 1) begin : one_set
      assign index = 1'b0;
    end else if (HASH == 0) begin : fold
      reg [INDEX-1:0] folded;
      integer b;
      always @* begin
        folded = {INDEX{1'b0}};
        for (b = 0; b < KEY; b = b + 1) folded[b%INDEX] = folded[b%INDEX] ^ key[b];
      end
      assign index = folded;
    end else begin : reference
      // The public runtime's index, over its own packing: D0..D5 without its top bits, D6..D10. All
      // cells of a page lie in one set: that of its first cell.
      localparam [63:0] IN_PAGE = GRANULARITY == 0 ? 64'hc01803 : 64'h0;
      wire [63:0] low = (raw[63:0] & ~IN_PAGE) * 64'h517cc1b727220a95;
      wire [63:0] high = {9'd0, raw[120:66]} * 64'h9e3779b97f4a7c15;
      wire [63:0] h = low ^ high;
      /* verilator lint_off UNUSEDSIGNAL */  // above the index
      wire [63:0] mixed = h ^ h >> 17 ^ h >> 34;
      /* verilator lint_on UNUSEDSIGNAL */
      assign index = mixed[INDEX-1:0];
    end
  endgenerate

  // --- ways -------------------------------------------------------------------------------------
  wire [WAYS-1:0] valid, equal;
  wire [PAYLOAD*WAYS-1:0] payloads;
  wire [WAYS-1:0] oldest, first_free, victim;
  assign hit = |equal;
  assign first_free = ~valid & (valid + ONE);
  assign victim = !(&valid) ? first_free : REPLACEMENT == 0 ? oldest : ONE;
  assign way = hit ? equal : victim;

  genvar w;
  generate
    for (w = 0; w < WAYS; w = w + 1) begin : ways
      reg [SETS-1:0] used;
      reg [KEY-1:0] tags[0:SETS-1];
      reg [PAYLOAD-1:0] pages[0:SETS-1];
      assign valid[w] = used[index];
      assign equal[w] = used[index] && tags[index] == key;
      assign payloads[PAYLOAD*w+:PAYLOAD] = equal[w] ? pages[index] : {PAYLOAD{1'b0}};
      integer s;
      always @(posedge clk) begin
        if (insert && victim[w]) begin
          used[index] <= 1'b1;
          tags[index] <= key;
          pages[index] <= new_payload;
        end
        if (drop)
          for (s = 0; s < SETS; s = s + 1)
            if (pages[s][PAYLOAD-1-:REGION] == drop_region) used[s] <= 1'b0;
        if (reset) used <= {SETS{1'b0}};
      end
    end
  endgenerate
  reg [PAYLOAD-1:0] found;
  integer i;
  always @* begin
    found = {PAYLOAD{1'b0}};
    for (i = 0; i < WAYS; i = i + 1) found = found | payloads[PAYLOAD*i+:PAYLOAD];
  end
  assign payload = found;

  // --- order of use -----------------------------------------------------------------------------
  reg [PAIRS-1:0] orders[0:SETS-1];
  wire [PAIRS-1:0] next;
  lru_order #(.WAYS(WAYS)) lru (
      .order(orders[index]),
      .used(way),
      .next(next),
      .oldest(oldest)
  );
  always @(posedge clk) if (touch || insert) orders[index] <= next;
  wire unused = &{1'b0, raw, linear};

`ifdef FORMAL
  // A hit is touched, a miss inserted, as spipe does. Then no two ways of a set have one tag, and
  // what comes out for any one key is what went in last, unless its region was dropped.
  reg started = 1'b0;
  always @(posedge clk) started <= 1'b1;
  always @* begin
    assume (reset == !started);
    assume (!insert || !hit);
    assume (!(drop && insert));
  end
  (* anyconst *) wire [120:0] watched;
  reg there = 1'b0;
  reg [PAYLOAD-1:0] filled;
  wire is_watched = key == watched[120-:KEY];
  always @(posedge clk) begin
    if (insert && is_watched) begin
      there <= 1'b1;
      filled <= new_payload;
    end
    if (drop && drop_region == filled[PAYLOAD-1-:REGION]) there <= 1'b0;
    if (started) begin
      assert ((equal & (equal - ONE)) == {WAYS{1'b0}});
      if (hit && is_watched) begin
        assert (there);
        assert (payload == filled);
      end
      // Right after it was filled it is there.
      if ($past(started && insert && is_watched) && is_watched) assert (hit);
      cover (hit && is_watched && $past(hit && !is_watched));
    end
  end
`endif
endmodule
