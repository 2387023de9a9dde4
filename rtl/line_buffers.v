// Lines on their way to L1, and requests beyond L1 that need no line there: COUNT buffers, the
// numbers under which memory answers.
//
//   free --request--> waiting --answer--> here --drained, one a cycle--> free
//                        |  (no place in L1: free at once) ^
//                        +-- scatters fill in bytes; gathers that merge take them along
//
// One more than memory entries suffices: waiting and here together never exceed the entries, because
// as long as a line is here, one leaves in every cycle, and at most one request comes.
module line_buffers #(
    parameter COUNT  = 17,
    parameter NUMBER = 5,
    parameter PLACE  = 9,
    parameter REGION = 16,
    parameter TIMER  = 8
) (
    input  wire                 clk,
    input  wire                 reset,
    // the place in L1 that the arriving access looks at
    input  wire [PLACE-1:0]     place,
    output wire                 found,         // its line is in a buffer
    output wire                 in_flight,     // and has not come yet
    output reg  [NUMBER-1:0]    number,
    output reg  [511:0]         found_data,
    output reg  [63:0]          found_mask,    // its bytes that are here
    output reg  [1:0]           found_tier,    // that supplies it
    // what the access does with it
    input  wire                 store,
    input  wire [511:0]         store_data,
    input  wire [63:0]          store_mask,
    input  wire                 evict,
    // a new line or request
    input  wire                 take,
    output reg  [NUMBER-1:0]    taken,         // its number
    input  wire                 take_in_l1,
    input  wire                 take_alone,    // no answer: whole after take_cycles (1: in the next)
    input  wire [TIMER-1:0]     take_cycles,
    input  wire [REGION-1:0]    take_region,
    input  wire [1:0]           take_tier,
    input  wire [511:0]         take_data,
    input  wire [63:0]          take_mask,
    // answers
    input  wire [COUNT-1:0]     rsp_valid,
    input  wire [512*COUNT-1:0] rsp_data,
    output wire [COUNT-1:0]     done,          // comes in this cycle
    // to L1
    output reg                  drain,
    output reg  [PLACE-1:0]     drain_place,
    output reg  [511:0]         drain_data,
    input  wire                 drop,          // SFREE: all lines of a region
    input  wire [REGION-1:0]    drop_region
);
  reg [COUNT-1:0] busy, waiting, alone, in_l1;
  wire [COUNT-1:0] match, here, free;
  wire [512*COUNT-1:0] contents;
  wire [64*COUNT-1:0] masks;
  wire [2*COUNT-1:0] tiers;
  wire [PLACE*COUNT-1:0] places;
  assign here = busy & in_l1 & ~waiting;
  assign free = ~busy;
  assign found = |match;
  assign in_flight = |(match & waiting);

  function [511:0] put(input [511:0] under, input [511:0] over, input [63:0] mask);
    integer i;
    for (i = 0; i < 64; i = i + 1) put[8*i+:8] = mask[i] ? over[8*i+:8] : under[8*i+:8];
  endfunction

  // --- which one -----------------------------------------------------------------------------------
  integer i;
  reg [NUMBER-1:0] drained;
  always @* begin
    number = {NUMBER{1'b0}};
    taken = {NUMBER{1'b0}};
    drained = {NUMBER{1'b0}};
    drain = |here;
    for (i = COUNT - 1; i >= 0; i = i - 1) begin
      if (match[i]) number = i[NUMBER-1:0];
      if (free[i]) taken = i[NUMBER-1:0];
      if (here[i]) drained = i[NUMBER-1:0];
    end
    found_data = contents[512*number+:512];
    found_mask = masks[64*number+:64];
    found_tier = tiers[2*number+:2];
    drain_place = places[PLACE*drained+:PLACE];
    // A store to it in this cycle goes along.
    drain_data = contents[512*drained+:512];
    if (store && match[drained]) drain_data = put(drain_data, store_data, store_mask);
  end

  // --- each ----------------------------------------------------------------------------------------
  genvar b;
  generate
    for (b = 0; b < COUNT; b = b + 1) begin : buffers
      reg [511:0] data;
      reg [63:0] mask;
      reg [PLACE-1:0] at;
      reg [REGION-1:0] region;
      reg [TIMER-1:0] cycles;
      reg [1:0] tier;
      wire taking = take && taken == b;
      wire storing = store && match[b];
      assign match[b] = busy[b] && in_l1[b] && at == place;
      assign contents[512*b+:512] = data;
      assign masks[64*b+:64] = mask;
      assign tiers[2*b+:2] = tier;
      assign places[PLACE*b+:PLACE] = at;
      assign done[b] = taking ? (take_alone ? take_cycles == 1 : rsp_valid[b]) :
          busy[b] && waiting[b] && (alone[b] ? cycles == 1 : rsp_valid[b]);
      wire stays = taking ? take_in_l1 : in_l1[b] && !(evict && match[b]) &&
          !(drop && region == drop_region);
      always @(posedge clk) begin
        if (taking || busy[b]) begin
          waiting[b] <= (taking || waiting[b]) && !done[b];
          in_l1[b] <= stays;
          // Free when nothing is owed and no place in L1 is to be filled.
          busy[b] <= ((taking || waiting[b]) && !done[b]) ||
              (stays && !(here[b] && drained == b));
        end
        cycles <= (taking ? take_cycles : cycles) - 1'b1;
        if (taking) begin
          alone[b] <= take_alone;
          at <= place;
          region <= take_region;
          tier <= take_tier;
        end
        if (taking || storing || done[b]) begin
          data <= line_of(taking, storing, done[b] && !(taking ? take_alone : alone[b]));
          mask <= done[b] ? {64{1'b1}} : taking ? take_mask : mask | store_mask;
        end
        if (reset) busy[b] <= 1'b0;
      end
      // Bytes that are here stay, the others come with the answer; a store is youngest.
      function [511:0] line_of(input new_, input stored, input answered);
        reg [511:0] x;
        begin
          x = new_ ? take_data : data;
          if (answered) x = put(rsp_data[512*b+:512], x, new_ ? take_mask : mask);
          line_of = stored ? put(x, store_data, store_mask) : x;
        end
      endfunction
    end
  endgenerate
endmodule
