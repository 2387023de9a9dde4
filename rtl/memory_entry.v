// One memory entry of a core: an operation from issue to completion (architecture, section 4,
// "Timing of an access").
//
//   taken at t --> arrives at a --> done: the line it waits for has come, and its cycles are over
//
// `cycles` at the arrival are those to the earliest completion; a result is ready when it is done,
// and leaves from a register in that cycle (`w_valid`), when the entry is free again. A walk in the
// background takes an entry that never arrives, for a time known at its issue.
module memory_entry #(
    parameter DLEN   = 512,
    parameter COUNT  = 17,  // line buffers
    parameter NUMBER = 5,
    parameter TIMER  = 8
) (
    input  wire                 clk,
    input  wire                 reset,
    // issue
    input  wire                 take,
    input  wire                 take_ctx,
    input  wire                 take_gather,
    input  wire                 take_timed,     // it has take_cycles to go in the next cycle
    input  wire [TIMER-1:0]     take_cycles,
    input  wire [3:0]           take_reg,
    input  wire [DLEN-1:0]      take_old,       // the register where the gather does not write
    input  wire [5:0]           take_offset,
    input  wire [5:0]           take_at,
    input  wire [6:0]           take_width,
    // arrival
    input  wire                 arrive,
    input  wire                 arrive_waits,   // for a line
    input  wire [NUMBER-1:0]    arrive_line,
    input  wire [TIMER-1:0]     arrive_cycles,
    input  wire [DLEN-1:0]      arrive_data,    // aligned to the register
    input  wire [DLEN/8-1:0]    arrive_mask,    // its bytes that are final
    // lines
    input  wire [COUNT-1:0]     line_done,
    input  wire [512*COUNT-1:0] rsp_data,
    // state
    output reg                  busy,
    output reg                  ctx,
    output reg  [3:0]           dest,
    output reg                  w_valid,
    output wire [DLEN-1:0]      w_data
);
  localparam BYTES = DLEN / 8;
  reg gather, arrived, waits;
  reg [NUMBER-1:0] line;
  reg [TIMER-1:0] cycles;
  reg [5:0] offset, at;
  reg [6:0] width;
  reg [DLEN-1:0] data;
  reg [BYTES-1:0] final_;
  assign w_data = data;

  // --- this cycle -------------------------------------------------------------------------------
  wire waits_now = arrive ? arrive_waits : waits;
  wire [NUMBER-1:0] line_now = arrive ? arrive_line : line;
  wire [TIMER-1:0] cycles_now = arrive ? arrive_cycles : cycles;
  wire comes = waits_now && line_done[line_now];
  wire done = busy && (arrive || arrived) && cycles_now <= 1 && (comes || !waits_now);

  // Bytes of a line in their place in the register. What is final was taken along at the arrival.
  task bits_of(input [BYTES-1:0] bytes, output [DLEN-1:0] bits);
    /* verilator no_inline_task */
    integer i;
    for (i = 0; i < BYTES; i = i + 1) bits[8*i+:8] = {8{bytes[i]}};
  endtask
  /* verilator lint_off UNUSEDSIGNAL */  // what is beyond the register
  reg [575:0] aligned;
  reg [127:0] lanes;
  /* verilator lint_on UNUSEDSIGNAL */
  wire [BYTES-1:0] final_now = arrive ? arrive_mask : final_;
  reg [DLEN-1:0] next, bits;
  reg [511:0] answer;
  integer l;
  always @* begin
    next = data;
    answer = 512'd0;
    aligned = 576'd0;
    lanes = 128'd0;
    bits = {DLEN{1'b0}};
    if (gather && arrive) begin
      bits_of(arrive_mask, bits);
      next = (data & ~bits) | (arrive_data & bits);
    end
    if (gather && comes) begin
      for (l = 0; l < COUNT; l = l + 1)
        if (line_now == l[NUMBER-1:0]) answer = rsp_data[512*l+:512];
      aligned = {64'd0, answer >> {offset, 3'd0}} << {at, 3'd0};
      lanes = ((128'd1 << width) - 128'd1) << at;
      bits_of(lanes[BYTES-1:0] & ~final_now, bits);
      next = (next & ~bits) | (aligned[DLEN-1:0] & bits);
    end
  end

  // --- next cycle -------------------------------------------------------------------------------
  always @(posedge clk) begin
    w_valid <= done && gather;
    if (done) busy <= 1'b0;
    if (arrive) begin
      arrived <= 1'b1;
      line <= arrive_line;
      final_ <= arrive_mask;
    end
    waits <= waits_now && !comes;
    if (cycles_now > 1) cycles <= cycles_now - 1'b1;
    else cycles <= cycles_now;
    if (gather && (arrive || comes)) data <= next;
    if (take) begin
      busy <= 1'b1;
      ctx <= take_ctx;
      gather <= take_gather;
      dest <= take_reg;
      arrived <= take_timed;
      waits <= 1'b0;
      cycles <= take_cycles;
      offset <= take_offset;
      at <= take_at;
      width <= take_width;
      data <= take_old;
    end
    if (reset) begin
      busy <= 1'b0;
      w_valid <= 1'b0;
    end
  end
endmodule
