// L1D of a core (architecture, section 4): tags, true LRU, dirty bits and data of SETS x WAYS lines
// of 64 bytes. The look-up is combinational, in the cycle of arrival; what it changes is there in
// the next cycle. The data of lines in flight, and for a few cycles of lines that have come, lie in
// line_buffers.v, under the same place.
//
//   line --> index = line ^ line >> bits --> tags --> hit, or the way to replace --> place --> data
//
// No shared region comes here, and rom is never written: a dirty victim is private.
`include "isa.vh"
module l1 #(
    parameter BYTES  = `SPEC_L1_BYTES,
    parameter WAYS   = `SPEC_L1_WAYS,
    parameter LINE   = 38,              // bits of a line address
    parameter REGION = 16,
    parameter SETS   = BYTES / 64 / WAYS,
    parameter INDEX  = SETS > 1 ? $clog2(SETS) : 1,
    parameter WAY    = WAYS > 1 ? $clog2(WAYS) : 1,
    parameter PLACE  = WAY + INDEX
) (
    input  wire              clk,
    input  wire              reset,
    // the look-up
    input  wire [LINE-1:0]   line,
    output wire              hit,
    output wire              dirty,         // the line that was hit, or the victim
    output wire [PLACE-1:0]  place,         // of either
    output wire [LINE-1:0]   victim_line,
    output wire [511:0]      read_data,     // at that place
    // what it does
    input  wire              touch,         // the way becomes the youngest
    input  wire              allocate,      // the line takes the victim's place
    input  wire [REGION-1:0] region,
    input  wire              make_dirty,
    input  wire              make_clean,
    input  wire              store,         // bytes at that place
    input  wire [511:0]      store_data,
    input  wire [63:0]       store_mask,
    input  wire              drain,         // a whole line, from the line buffers
    input  wire [PLACE-1:0]  drain_place,
    input  wire [511:0]      drain_data,
    input  wire              drop,          // SFREE: all lines of a region
    input  wire [REGION-1:0] drop_region
);
  localparam PAIRS = WAYS > 1 ? WAYS * (WAYS - 1) / 2 : 1;
  localparam [WAYS-1:0] ONE = 1;

  // --- tags: the line address above the index; a set of one has it whole ------------------------
  localparam CUT = SETS > 1 ? INDEX : 0, TAG = LINE - CUT;
  wire [TAG-1:0] tag = line[LINE-1:CUT];
  wire [INDEX-1:0] index;
  generate
    if (SETS > 1) begin : fold
      assign index = line[INDEX-1:0] ^ tag[INDEX-1:0];
    end else begin : one_set
      assign index = 1'b0;
    end
  endgenerate

  wire [WAYS-1:0] valid, equal, dirties, oldest, way;
  wire [TAG*WAYS-1:0] tags_of_set;
  wire [WAYS-1:0] first_free = ~valid & (valid + ONE);
  wire [WAYS-1:0] victim = &valid ? oldest : first_free;
  assign hit = |equal;
  assign way = hit ? equal : victim;
  assign dirty = |(way & dirties & valid);

  genvar w;
  generate
    for (w = 0; w < WAYS; w = w + 1) begin : ways
      reg [SETS-1:0] used, written;
      reg [TAG-1:0] tags[0:SETS-1];
      reg [REGION-1:0] regions[0:SETS-1];
      assign valid[w] = used[index];
      assign equal[w] = used[index] && tags[index] == tag;
      assign dirties[w] = written[index];
      assign tags_of_set[TAG*w+:TAG] = tags[index];
      integer s;
      always @(posedge clk) begin
        if (allocate && victim[w]) begin
          used[index] <= 1'b1;
          tags[index] <= tag;
          regions[index] <= region;
        end
        if (way[w] && (allocate || make_dirty || make_clean)) written[index] <= make_dirty;
        if (drop) for (s = 0; s < SETS; s = s + 1) if (regions[s] == drop_region) used[s] <= 1'b0;
        if (reset) used <= {SETS{1'b0}};
      end
    end
  endgenerate

  // --- the victim's address, the place ----------------------------------------------------------
  reg [TAG-1:0] victim_tag;
  reg [WAY-1:0] number;
  integer i;
  always @* begin
    victim_tag = {TAG{1'b0}};
    number = {WAY{1'b0}};
    for (i = 0; i < WAYS; i = i + 1)
      if (way[i]) begin
        victim_tag = victim_tag | tags_of_set[TAG*i+:TAG];
        number = number | i[WAY-1:0];
      end
  end
  generate
    if (SETS > 1) begin : unfold
      assign victim_line = {victim_tag, index ^ victim_tag[INDEX-1:0]};
    end else begin : whole
      assign victim_line = victim_tag;
    end
  endgenerate
  assign place = {number, index};

  // --- order of use -----------------------------------------------------------------------------
  reg [PAIRS-1:0] orders[0:SETS-1];
  wire [PAIRS-1:0] next;
  lru_order #(.WAYS(WAYS)) lru (
      .order(orders[index]),
      .used(way),
      .next(next),
      .oldest(oldest)
  );
  always @(posedge clk) if (touch || allocate) orders[index] <= next;

  // --- data: one read, one store of bytes, one line from a buffer -------------------------------
  // A store is to a line that is not in a buffer, so never to the place of a drain.
  reg [511:0] data[0:(1<<PLACE)-1];
  assign read_data = data[place];
  reg [511:0] stored;
  integer b;
  always @* begin
    stored = read_data;
    for (b = 0; b < 64; b = b + 1) if (store_mask[b]) stored[8*b+:8] = store_data[8*b+:8];
  end
  always @(posedge clk) begin
    if (drain) data[drain_place] <= drain_data;
    if (store) data[place] <= stored;
  end
endmodule
