// The order of use of a set's ways, as one bit for each pair i < j: way i was used after way j.
// No reset: a pair is right once both ways were used, and nobody asks for the oldest of a set
// before all were (free ways go first). Combinational; the set's bits lie in the user's memory.
module lru_order #(
    parameter WAYS  = 4,
    parameter PAIRS = WAYS > 1 ? WAYS * (WAYS - 1) / 2 : 1
) (
    input  wire [PAIRS-1:0] order,
    input  wire [ WAYS-1:0] used,    // one way: it becomes the youngest
    output wire [PAIRS-1:0] next,
    output wire [ WAYS-1:0] oldest
);
  genvar i, j;
  generate
    if (WAYS == 1) begin : single
      wire unused = &{1'b0, order, used};
      assign next   = 1'b0;
      assign oldest = 1'b1;
    end else begin : pairs
      for (i = 0; i < WAYS; i = i + 1) begin : row
        wire [WAYS-1:0] after;  // ways that were used after this one
        assign after[i]  = 1'b1;
        assign oldest[i] = &after;
        for (j = 0; j < WAYS; j = j + 1) begin : column
          localparam LOW = i < j ? i : j, HIGH = i < j ? j : i;
          localparam PAIR = LOW * (2 * WAYS - LOW - 1) / 2 + (HIGH - LOW - 1);
          if (i < j) begin : above
            assign after[j]   = !order[PAIR];
            assign next[PAIR] = used[i] || (order[PAIR] && !used[j]);
          end else if (i > j) begin : below
            assign after[j] = order[PAIR];
          end
        end
      end
    end
  endgenerate
endmodule
