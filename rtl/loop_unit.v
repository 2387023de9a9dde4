// Hardware loops of one context, and where it goes after an SIW.
//
//   CLOOP l: the body is from the next SIW to `last`; `count` rounds, 0 or less jumps past it.
//   A marked SIW tests the loops that end there, innermost (latest begin) first: one that has a
//   round left goes back to its begin, at no cost; one that has none ends, and the next is asked.
//   A jump ends the loops whose bodies it leaves. A branch (DBR) wins over CLOOP's own jump.
//
// The loader refuses a branch or a CLOOP on a marked SIW, so the cases do not meet.
`include "isa.vh"
module loop_unit (
    input  wire        clk,
    input  wire        restart,  // the context starts: no loop is active
    input  wire        issue,
    input  wire [31:0] pc,
    input  wire [ 3:0] marks,    // the SIW's loop-end marks
    input  wire        enter,    // it holds CLOOP:
    input  wire [ 1:0] set_l,
    input  wire [31:0] count,    // signed
    input  wire [31:0] last,
    input  wire        branch,   // it holds DBR, taken:
    input  wire [31:0] target,
    output wire        jump,
    output wire [31:0] next
);
  reg [`L_COUNT-1:0] active;
  reg [31:0] first[0:`L_COUNT-1], final_[0:`L_COUNT-1], left[0:`L_COUNT-1];

  wire [31:0] following = pc + 32'd1;
  wire skips = enter && ($signed(count) <= 0);
  assign jump = branch || skips;
  wire [31:0] jump_to = branch ? target : last + 32'd1;

  // --- marks -------------------------------------------------------------------------------------
  wire [`L_COUNT-1:0] closing, over, asked;  // a body ends here; it has no round left; its turn
  genvar i, j;
  generate
    for (i = 0; i < `L_COUNT; i = i + 1) begin : close
      assign closing[i] = marks[i] && active[i] && final_[i] == pc;
      assign over[i] = left[i] <= 32'd1;
      wire [`L_COUNT-1:0] held;  // by a loop inside that goes on
      for (j = 0; j < `L_COUNT; j = j + 1) begin : inner
        assign held[j] = closing[j] && first[j] > first[i] && !over[j];
      end
      assign asked[i] = closing[i] && held == {`L_COUNT{1'b0}};
    end
  endgenerate
  wire [`L_COUNT-1:0] again = asked & ~over;  // at most one
  wire [31:0] back = (again[0] ? first[0] : 32'd0) | (again[1] ? first[1] : 32'd0) |
      (again[2] ? first[2] : 32'd0) | (again[3] ? first[3] : 32'd0);
  assign next = jump ? jump_to : again != {`L_COUNT{1'b0}} ? back : following;

  // --- state -------------------------------------------------------------------------------------
  generate
    for (i = 0; i < `L_COUNT; i = i + 1) begin : loop
      wire sets = enter && {30'd0, set_l} == i;
      wire [31:0] from = sets ? following : first[i], to = sets ? last : final_[i];
      wire stays_in = !jump || (jump_to >= from && jump_to <= to);
      wire stays = sets ? !skips : active[i] && !(asked[i] && over[i]);
      always @(posedge clk) begin
        if (restart) active[i] <= 1'b0;
        else if (issue) active[i] <= stays && stays_in;
        if (issue && sets) begin
          first[i] <= following;
          final_[i] <= last;
          left[i] <= count;
        end else if (issue && again[i]) left[i] <= left[i] - 32'd1;
      end
    end
  endgenerate

`ifdef FORMAL
  // A loop of any count up to 3 over one or two SIWs, entered once: its last SIW issues exactly
  // `rounds` times, and then the loop is over.
  (* anyconst *) wire [1:0] rounds;
  (* anyconst *) wire length;
  wire [31:0] last_ = 32'd1 + {31'd0, length};
  reg past = 1'b0, entered = 1'b0;
  reg [31:0] at;
  reg [2:0] ends;
  always @(posedge clk) begin
    past <= 1'b1;
    if (!past) assume (restart && !issue);
    else begin
      assume (!restart && issue && !branch && pc == at);
      assume (enter == !entered && set_l == 2'd2 && count == {30'd0, rounds} && last == last_);
      assume (marks == (pc == last_ ? 4'b0100 : 4'b0000));
      if (issue && !entered) assert (next == (rounds == 2'd0 ? last_ + 32'd1 : 32'd1));
      if (issue && entered && pc == last_) begin
        assert (ends < {1'b0, rounds});
        assert (next == (ends + 3'd1 < {1'b0, rounds} ? 32'd1 : last_ + 32'd1));
      end
      if (at > last_) assert (ends == {1'b0, rounds} && active == 4'd0);
    end
    if (!past) begin
      at <= 32'd0;
      ends <= 3'd0;
    end else if (issue) begin
      at <= next;
      entered <= 1'b1;
      if (entered && pc == last_) ends <= ends + 3'd1;
    end
  end
`endif
endmodule
