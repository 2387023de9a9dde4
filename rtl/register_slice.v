// Some bits of every register of a register_file, the same of each: flip-flops, what is written
// before them, and what is read of them.
//
// Who writes what is decoded outside, once for all slices. No register is written by two ports at
// once, so what comes for it needs no order: it is the OR of what is for it.
module register_slice #(
    parameter WIDTH   = 64,
    parameter COUNT   = 32,
    parameter ADDRESS = 5,   // log2 of COUNT
    parameter READS   = 9,
    parameter WRITES  = 26
) (
    input  wire                     clk,
    input  wire [READS*ADDRESS-1:0] read_address,
    output wire [  READS*WIDTH-1:0] read_data,
    input  wire [        COUNT-1:0] written,       // a bit a register: some port writes it
    input  wire [ WRITES*COUNT-1:0] selected,      // the same for each port
    input  wire [ WRITES*WIDTH-1:0] write_data,
    output reg  [  COUNT*WIDTH-1:0] now
);
  reg [COUNT*WIDTH-1:0] held;
  reg [WIDTH-1:0] comes;
  integer k, r;
  always @* begin
    now = held;
    comes = {WIDTH{1'b0}};
    for (r = 0; r < COUNT; r = r + 1)
      if (written[r]) begin
        comes = {WIDTH{1'b0}};
        for (k = 0; k < WRITES; k = k + 1)
          comes = comes | (write_data[WIDTH*k+:WIDTH] & {WIDTH{selected[COUNT*k+r]}});
        now[WIDTH*r+:WIDTH] = comes;
      end
  end
  always @(posedge clk) held <= now;
  genvar i;
  generate
    for (i = 0; i < READS; i = i + 1) begin : port
      assign read_data[WIDTH*i+:WIDTH] = now[WIDTH*read_address[ADDRESS*i+:ADDRESS]+:WIDTH];
    end
  endgenerate
endmodule
