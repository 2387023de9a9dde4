// Registers of both contexts of a core, addressed {context, number}: flip-flops, read at once.
//
// A result that comes in this cycle is read in this cycle (bypass), and lies in the file from the
// next on. The scoreboard sees to it that no register has two results on their way, so the order of
// write ports means nothing. Set-up writes a whole register from outside, while nothing else does.
//
// Write addresses are decoded here, once; the registers lie in slices of 64 bits, each with its own
// part of the data.
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
    output wire [  COUNT*WIDTH-1:0]  now          // every register as it is read in this cycle
);
  reg [WRITES*COUNT-1:0] selected;
  reg [COUNT-1:0] written;
  integer k;
  always @* begin
    written = {COUNT{1'b0}};
    for (k = 0; k < WRITES; k = k + 1) begin
      selected[COUNT*k+:COUNT] = {{COUNT - 1{1'b0}}, write[k]} << write_address[ADDRESS*k+:ADDRESS];
      written = written | selected[COUNT*k+:COUNT];
    end
  end

  localparam PART = WIDTH < 64 ? WIDTH : 64;
  genvar s, i;
  generate
    for (s = 0; s < WIDTH / PART; s = s + 1) begin : slice
      wire [READS*PART-1:0] read_part;
      wire [WRITES*PART-1:0] write_part;
      wire [COUNT*PART-1:0] now_part;
      register_slice #(
          .WIDTH(PART),
          .COUNT(COUNT),
          .ADDRESS(ADDRESS),
          .READS(READS),
          .WRITES(WRITES)
      ) bits (
          .clk(clk),
          .read_address(read_address),
          .read_data(read_part),
          .written(written),
          .selected(selected),
          .write_data(write_part),
          .now(now_part)
      );
      for (i = 0; i < READS; i = i + 1) begin : read_port
        assign read_data[WIDTH*i+PART*s+:PART] = read_part[PART*i+:PART];
      end
      for (i = 0; i < WRITES; i = i + 1) begin : write_port
        assign write_part[PART*i+:PART] = write_data[WIDTH*i+PART*s+:PART];
      end
      for (i = 0; i < COUNT; i = i + 1) begin : register
        assign now[WIDTH*i+PART*s+:PART] = now_part[PART*i+:PART];
      end
    end
  endgenerate
endmodule
