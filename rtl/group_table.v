// The groups of one context: of each number, the sentrons of the node that belong to it. Declared
// groups come with set-up, CSLICE makes new ones from the home coordinates of the node's sentrons.
module group_table (
    input  wire        clk,
    input  wire        reset,
    input  wire        set_up,
    input  wire [ 3:0] set_up_number,
    input  wire [15:0] set_up_members,
    input  wire        slice,
    input  wire [ 3:0] number,   // of the C slot that waits: to read, and to write with `slice`
    input  wire [15:0] sliced,
    output wire [15:0] members
);
  reg [255:0] table_;
  assign members = table_[16*number+:16];
  always @(posedge clk) begin
    if (reset) table_ <= 256'd0;
    else if (set_up) table_[16*set_up_number+:16] <= set_up_members;
    else if (slice) table_[16*number+:16] <= sliced;
  end
endmodule
