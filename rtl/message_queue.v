// A FIFO of messages from one sentron to another (architecture, section 5, "Messages").
//
// A message that arrives with this cycle's edge can be taken in the next. The sender has credits
// for DEPTH messages in flight, so none arrives at a full queue.
module message_queue #(
    parameter WIDTH = 256,
    parameter DEPTH = 8
) (
    input  wire             clk,
    input  wire             reset,
    input  wire             push,
    input  wire [WIDTH-1:0] data,
    input  wire             pop,
    output wire             some,
    output wire [WIDTH-1:0] head
);
  localparam BITS = $clog2(DEPTH + 1);
  localparam AT = DEPTH > 1 ? $clog2(DEPTH) : 1, LAST = DEPTH - 1;
  reg [WIDTH-1:0] slot[0:DEPTH-1];
  reg [AT-1:0] first, next;
  reg [BITS-1:0] count;
  wire [AT-1:0] after_first = first == LAST[AT-1:0] ? {AT{1'b0}} : first + 1'b1;
  wire [AT-1:0] after_next = next == LAST[AT-1:0] ? {AT{1'b0}} : next + 1'b1;
  assign some = count != {BITS{1'b0}};
  assign head = slot[first];
  always @(posedge clk) begin
    if (push) slot[next] <= data;
    if (reset) begin
      first <= {AT{1'b0}};
      next <= {AT{1'b0}};
      count <= {BITS{1'b0}};
    end else begin
      if (push) next <= after_next;
      if (pop) first <= after_first;
      if (push && !pop) count <= count + 1'b1;
      if (pop && !push) count <= count - 1'b1;
    end
  end

`ifdef FORMAL
  // One message picked at random: number `watched` of those sent comes out as number `watched` of
  // those taken, unchanged. So none is lost, doubled or overtaken.
  (* anyconst *) wire [4:0] watched;
  (* anyconst *) wire [WIDTH-1:0] value;
  reg past = 1'b0;
  reg [4:0] sent, taken;
  wire [4:0] inside = sent - taken;
  always @(posedge clk) begin
    past <= 1'b1;
    if (!past) assume (reset);
    else begin
      assume (!reset);
      assume (!push || count != DEPTH[BITS-1:0]);  // credits
      assume (!pop || some);                       // test 6
      assume (!push || sent != 5'd31);
      if (push && sent == watched) assume (data == value);
      assert ({{(5 - BITS) {1'b0}}, count} == inside);
      assert (some == (sent != taken));
      if (pop && taken == watched) assert (head == value);
    end
    sent <= reset ? 5'd0 : sent + {4'd0, push};
    taken <= reset ? 5'd0 : taken + {4'd0, pop};
  end
`endif
endmodule
