// DCVT over a register: lanes to convert_lane and back (sim/pipe_d_convert.h). 3 cycles;
// the fourth register is the D-pipe's.
//
// There are DLEN / w lanes, w bits in the wider type. The narrower side holds them as its part k: so a
// narrow source is shifted down by k parts first, and a narrow result shifted up into the old rd.
`include "isa.vh"
module convert #(
    parameter DLEN = 512
) (
    input  wire            clk,
    input  wire [     2:0] from,
    input  wire [     2:0] to,
    input  wire [     1:0] round,
    input  wire            saturate,
    input  wire            scaled,
    input  wire            scale_broadcast,
    input  wire [     3:0] scale_lane,
    input  wire [     5:0] k,
    input  wire [DLEN-1:0] x,
    input  wire [DLEN-1:0] scale,
    input  wire [DLEN-1:0] old,              // rd before
    output wire [DLEN-1:0] y
);
  localparam LANES = DLEN / 8;

  // log2 of the bits of a type.
  function [2:0] log_bits(input [2:0] t);
    case (t)
      `TYPE_I64: log_bits = 3'd6;
      `TYPE_I32, `TYPE_F32: log_bits = 3'd5;
      `TYPE_BF16: log_bits = 3'd4;
      `TYPE_I8: log_bits = 3'd3;
      default: log_bits = 3'd1;
    endcase
  endfunction
  wire [2:0] from_log = log_bits(from), to_log = log_bits(to);
  wire widens = from_log < to_log;
  wire [2:0] ratio = widens ? to_log - from_log : from_log - to_log;
  wire [2:0] wide_log = widens ? to_log : from_log;
  // Bits from one part to the next: DLEN / 2^ratio.
  wire [15:0] part_bits = 16'd0 + DLEN[15:0] >> ratio;
  wire [15:0] skip = part_bits * {10'd0, k};
  wire [DLEN-1:0] source = widens ? x >> skip : x;
  wire [31:0] one_scale = scale[32*scale_lane+:32];

  wire [2:0] to3;
  wire [2:0] from3;
  wire [15:0] skip3;
  wire [DLEN-1:0] old3;
  wire [15:0] part_bits3;
  delay #(.WIDTH(DLEN + 38), .CYCLES(3)) meanwhile (
      .clk(clk),
      .d({old, skip, part_bits, from, to}),
      .q({old3, skip3, part_bits3, from3, to3})
  );

  // The lane's result in every place where its destination type may have it.
  wire [DLEN-1:0] as64, as32, as16, as8;
  wire [DLEN/4-1:0] as2;
  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : lane
      // Lanes from DLEN/64 are never 64 bits wide, and so on.
      localparam WIDE = i < DLEN / 64 ? 64 : i < DLEN / 32 ? 32 : i < DLEN / 16 ? 16 : 8;
      reg [63:0] in;
      always @* begin
        in = 64'd0;
        case (from_log)
          3'd6: if (i < DLEN / 64) in = source[(64*i)%DLEN+:64];
          3'd5: if (i < DLEN / 32) in[31:0] = source[(32*i)%DLEN+:32];
          3'd4: if (i < DLEN / 16) in[15:0] = source[(16*i)%DLEN+:16];
          3'd3: in[7:0] = source[8*i+:8];
          default: in[1:0] = source[2*i+:2];
        endcase
      end
      // The f32 in whose 32 bits the wider side's lane lies.
      reg [31:0] own_scale;
      always @* begin
        case (wide_log)
          3'd6: own_scale = scale[(32*i)%DLEN+:32];
          3'd5: own_scale = scale[(32*i)%DLEN+:32];
          3'd4: own_scale = scale[(32*(i/2))%DLEN+:32];
          default: own_scale = scale[32*(i/4)+:32];
        endcase
      end
      wire [WIDE-1:0] out;
      convert_lane #(.WIDE(WIDE), .CUT4(0)) converter (
          .clk(clk),
          .from(from),
          .to(to),
          .round(round),
          .saturate(saturate),
          .scaled(scaled),
          .scale(scale_broadcast ? one_scale : own_scale),
          .x(in[WIDE-1:0]),
          .y(out)
      );
      wire [63:0] out64 = {{(64 - WIDE) {1'b0}}, out};
      if (i < DLEN / 64) begin : put64
        assign as64[64*i+:64] = out64;
      end
      if (i < DLEN / 32) begin : put32
        assign as32[32*i+:32] = out64[31:0];
      end
      if (i < DLEN / 16) begin : put16
        assign as16[16*i+:16] = out64[15:0];
      end
      assign as8[8*i+:8] = out64[7:0];
      assign as2[2*i+:2] = out64[1:0];
      wire unused = &{1'b0, in, out64};
    end
  endgenerate

  reg [DLEN-1:0] result;
  always @* begin
    case (log_bits(to3))
      3'd6: result = as64;
      3'd5: result = as32;
      3'd4: result = as16;
      3'd3: result = as8;
      default: result = {{(DLEN - DLEN / 4) {1'b0}}, as2};
    endcase
  end
  // A part as wide as part_bits, moved to its place among the old bits.
  wire narrows = log_bits(to3) < log_bits(from3);
  wire [DLEN-1:0] mask = ~({DLEN{1'b1}} << part_bits3) << skip3;
  assign y = narrows ? (old3 & ~mask) | (result << skip3 & mask) : result;
endmodule
