// Registers of both contexts of a core, addressed {context, number}: flip-flops, read at once.
//
// A result that comes in this cycle is read in this cycle (bypass), and lies in the file from the
// next on. The scoreboard sees to it that no register has two results on their way, so the order of
// write ports means nothing. Set-up writes a whole register from outside, while nothing else does.
module register_file #(
    parameter WIDTH   = 512,
    parameter COUNT   = 32,  // of both contexts
    parameter ADDRESS = 5,   // log2 of COUNT
    parameter READS   = 8,
    parameter WRITES  = 6
) (
    input  wire                      clk,
    input  wire [READS*ADDRESS-1:0]  read_address,
    output wire [  READS*WIDTH-1:0]  read_data,
    input  wire [       WRITES-1:0]  write,
    input  wire [WRITES*ADDRESS-1:0] write_address,
    input  wire [ WRITES*WIDTH-1:0]  write_data,
    output reg  [  COUNT*WIDTH-1:0]  now          // every register as it is read in this cycle
);
  reg [COUNT*WIDTH-1:0] held;
  integer k, r;
  always @* begin
    now = held;
    for (r = 0; r < COUNT; r = r + 1)
      for (k = 0; k < WRITES; k = k + 1)
        if (write[k] && write_address[ADDRESS*k+:ADDRESS] == r[ADDRESS-1:0])
          now[WIDTH*r+:WIDTH] = write_data[WIDTH*k+:WIDTH];
  end
  always @(posedge clk) held <= now;
  genvar i;
  generate
    for (i = 0; i < READS; i = i + 1) begin : port
      assign read_data[WIDTH*i+:WIDTH] = now[WIDTH*read_address[ADDRESS*i+:ADDRESS]+:WIDTH];
    end
  endgenerate
endmodule
