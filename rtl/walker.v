// The page table walker of a core: one walk at a time, MISS cycles each (architecture, section 4).
// A demand access waits for its walk, or for one in the background that fills its page, and closes
// the S ports meanwhile. What a walk finds is known from its start (spipe's page table port), so
// the walker is the time that it takes, and the page that is being filled.
//
//   cycle   t      t+1 ..  t+MISS-EARLIER   t+MISS
//   miss    looks  held    on its way       arrives, ports open
`include "isa.vh"
module walker #(
    parameter MISS    = `SPEC_PTC_MISS,  // 1 or more
    parameter EARLIER = 0,               // cycles between `holds' and the arrival; less than MISS
    parameter WHERE   = 10               // bits of a place in the PTC
) (
    input  wire             clk,
    input  wire             reset,
    // of the access that issues in this cycle
    input  wire             miss,      // demand, no entry: walks when the walker is free
    input  wire             meet,      // demand, its entry is being filled
    input  wire             prefetch,  // walks in the background; only if the walker is free
    input  wire [WHERE-1:0] where,     // its entry
    output wire             filling,   // that entry is being filled
    // state
    output wire             busy,
    output wire             closed,    // S ports: a demand access waits
    output wire             holds      // it may not leave yet
);
  // Cycles until the walker is free; a demand miss may wait for a walk and then walk itself.
  localparam BITS = $clog2(2 * MISS + 1);
  localparam [31:0] CYCLES = MISS;
  reg [BITS-1:0] left;
  reg waiting;
  reg [WHERE-1:0] target;
  wire [BITS-1:0] begun = left + CYCLES[BITS-1:0];
  wire [BITS-1:0] one_less = left - {{(BITS - 1) {1'b0}}, 1'b1};

  assign busy = left != {BITS{1'b0}};
  assign filling = busy && where == target;
  assign closed = waiting && busy;
  localparam [31:0] EARLY = EARLIER;
  assign holds = waiting && left > EARLY[BITS-1:0];
  always @(posedge clk) begin
    if (miss || prefetch) begin
      left   <= begun - {{(BITS - 1) {1'b0}}, 1'b1};
      target <= where;
    end else if (busy) left <= one_less;
    if (miss || meet) waiting <= 1'b1;
    else if (!busy) waiting <= 1'b0;
    if (reset) begin
      left <= {BITS{1'b0}};
      waiting <= 1'b0;
    end
  end
endmodule
