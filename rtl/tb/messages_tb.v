// One channel for tests/rtl: credits at the sender, a wire of LATENCY cycles, the queue at the
// receiver, the same way back.
module messages_tb #(
    parameter DEPTH   = 8,
    parameter LATENCY = 3
) (
    input  wire        clk,
    input  wire        reset,
    input  wire        send,      // taken only while `credit`
    input  wire [31:0] value,
    output wire        credit,
    input  wire        take,      // taken only while `some`
    output wire        some,
    output wire [31:0] head,
    output wire [ 7:0] depth,
    output wire [ 7:0] latency
);
  localparam [31:0] DEPTH_OUT = DEPTH, LATENCY_OUT = LATENCY;
  assign depth = DEPTH_OUT[7:0];
  assign latency = LATENCY_OUT[7:0];
  wire go = send && credit && !reset, pop = take && some && !reset;
  wire arrives, returns;
  wire [31:0] arrival;
  delay #(.WIDTH(34), .CYCLES(LATENCY - 1)) way (
      .clk(clk),
      .d({go, pop, value}),
      .q({arrives, returns, arrival})
  );
  credits #(.DEPTH(DEPTH)) credits_ (
      .clk(clk),
      .reset(reset),
      .take(go),
      .back(returns && !reset),
      .some(credit)
  );
  message_queue #(.WIDTH(32), .DEPTH(DEPTH)) queue (
      .clk(clk),
      .reset(reset),
      .push(arrives && !reset),
      .data(arrival),
      .pop(pop),
      .some(some),
      .head(head)
  );
endmodule
