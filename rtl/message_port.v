// Messages of one context: which sentrons the waiting C slot needs, credits, queues.
//
// A channel leads to each sentron of the node by its number (0..15), and to the sentron with this
// one's number on each other node (16 + node). For both directions: credits for what this context
// sends, a queue of what it receives.
//
//   slot --> peers --> credit, message (tests 5 and 6)
//   issue: sends  --> credits - 1, `send` to the network        <-- `back` credits
//          takes  --> queue pop, `take` returns a credit        <-- `arrive` queue push
`include "isa.vh"
module message_port #(
    parameter NODES = 1,
    parameter DEPTH = 8,
    parameter CHANNELS = 16 + NODES
) (
    input  wire                    clk,
    input  wire                    reset,
    input  wire [             3:0] id,         // this sentron in its node
    input  wire [             5:0] node,
    // the C slot that waits, and the members of its group
    /* verilator lint_off UNUSEDSIGNAL */      // operands of other operations
    input  wire [            95:0] slot,
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire [            15:0] members,
    output wire                    credit,
    output wire                    message,
    input  wire                    issue,
    // to and from the network
    output wire [    CHANNELS-1:0] send,
    output wire [    CHANNELS-1:0] take,
    input  wire [    CHANNELS-1:0] back,
    input  wire [    CHANNELS-1:0] arrive,
    input  wire [CHANNELS*256-1:0] arrive_data,
    // what CRECV and CMERGE take
    output wire [           255:0] received,
    output wire [           511:0] merged
);
  wire [CHANNELS*256-1:0] heads;
  wire [7:0] op = slot[`FIELD_OP], peer = slot[`FIELD_PEER];
  wire sends_one = op == `OP_CSEND || op == `OP_CROUTE;
  wire by_group = op == `OP_CFANOUT || op == `OP_CMERGE;
  wire sends = sends_one || op == `OP_CFANOUT, takes = op == `OP_CRECV || op == `OP_CMERGE;
  // The sentron of this number on this very node is oneself.
  wire by_node = op == `OP_CROUTE || (op == `OP_CRECV && slot[`FIELD_FLAG]);
  wire own_node = peer[5:0] == node;

  wire [CHANNELS-1:0] peers, credit_left, waiting;
  assign credit = !sends || (peers & ~credit_left) == {CHANNELS{1'b0}};
  assign message = !takes || (peers & ~waiting) == {CHANNELS{1'b0}};
  assign send = issue && sends ? peers : {CHANNELS{1'b0}};
  assign take = issue && takes ? peers : {CHANNELS{1'b0}};
  reg [255:0] taken;  // of the one peer of a CRECV
  integer k;
  always @* begin
    taken = 256'd0;
    for (k = 0; k < CHANNELS; k = k + 1) if (peers[k]) taken = heads[256*k+:256];
  end
  assign received = taken;
  merge merge_ (
      .enable(op == `OP_CMERGE),
      .type_(slot[`FIELD_TYPE]),
      .mode(slot[`FIELD_MODE]),
      .members(peers[15:0]),
      .messages(heads[4095:0]),
      .y(merged)
  );
  genvar i;
  generate
    for (i = 0; i < CHANNELS; i = i + 1) begin : channel
      if (i < 16) begin : local_
        assign peers[i] = by_group ? members[i] && id != i :
            by_node ? own_node && id == i : (sends_one || takes) && peer == i;
      end else begin : node_
        assign peers[i] = by_node && !own_node && {24'd0, peer} == i - 16;
      end
      credits #(.DEPTH(DEPTH)) credits_ (
          .clk(clk),
          .reset(reset),
          .take(send[i]),
          .back(back[i]),
          .some(credit_left[i])
      );
      message_queue #(.DEPTH(DEPTH)) queue (
          .clk(clk),
          .reset(reset),
          .push(arrive[i]),
          .data(arrive_data[256*i+:256]),
          .pop(take[i]),
          .some(waiting[i]),
          .head(heads[256*i+:256])
      );
    end
  endgenerate
endmodule
