// The D-pipe: every dense operation on registers of DLEN bits, one a cycle.
//
// Operands come as registers, with lane and part numbers still to be applied; results leave by
// latency, `y1` one cycle after the operation, `y3` three, and so on (latency classes of
// isa/latency.def at their default values). Which of them belongs to which operation is the
// scoreboard's business (sentron_core.v).
//
//   rs1 rs2 rs3 --broadcast--> dense_lane --alu--------------------> y1
//                                         --mul, permutation-------> y3
//                                         --sum, convert, alu of f32-> y4
//                                         --special----------------> y6
//           +--> reduce -------------------------------------------> y8
`include "isa.vh"
module dpipe #(
    parameter DLEN = 512
) (
    input  wire            clk,
    input  wire [    95:0] slot,
    input  wire [DLEN-1:0] rs1,
    input  wire [DLEN-1:0] rs2,
    input  wire [DLEN-1:0] rs3,
    input  wire [DLEN-1:0] old,     // rd before
    output wire [DLEN-1:0] y1,
    output wire [DLEN-1:0] y3,
    output wire [DLEN-1:0] y4,
    output wire [DLEN-1:0] y6,
    output wire [DLEN-1:0] y8,
    output wire            branch   // DBR: its lane is non-zero (.z: zero), in the same cycle
);
  localparam LANES32 = DLEN / 32, LANES64 = DLEN / 64;

  wire [7:0] op = slot[`FIELD_OP];
  wire [2:0] type_ = slot[`FIELD_TYPE];
  wire [3:0] mode = slot[`FIELD_MODE];
  wire [31:0] imm = slot[`FIELD_IMM];
  wire [5:0] k = slot[`FIELD_K];
  wire flag = slot[`FIELD_FLAG];
  wire [4:0] b1 = slot[`FIELD_B1], b2 = slot[`FIELD_B2], b3 = slot[`FIELD_B3];
  wire no_type = op >= `OP_DHDENC;  // v0.2 and v0.3: lanes of 64 bits
  wire wide = type_ == `TYPE_I64 || no_type;
  wire converts = op == `OP_DCVT;

  // --- broadcast ---------------------------------------------------------------------------------
  // Lane b of 64 or 32 bits in every lane. A conversion has lanes only of its scale.
  function [DLEN-1:0] broadcast(input [DLEN-1:0] row, input [4:0] b, input wide_);
    /* verilator lint_off UNUSEDSIGNAL */  // what is above the lane
    reg [DLEN-1:0] down;
    /* verilator lint_on UNUSEDSIGNAL */
    begin
      down = row >> (wide_ ? {b[2:0], 6'd0} : {b[3:0], 5'd0});
      broadcast = !b[4] ? row : wide_ ? {LANES64{down[63:0]}} : {LANES32{down[31:0]}};
    end
  endfunction
  // Fields that mean something else in these rows.
  wire no_lanes = no_type || converts || op == `OP_DTDOT;
  wire [DLEN-1:0] a = broadcast(rs1, no_lanes ? 5'd0 : b1, wide);
  wire [DLEN-1:0] b = broadcast(rs2, no_lanes ? 5'd0 : b2, wide);
  wire [DLEN-1:0] c = broadcast(rs3, no_lanes ? 5'd0 : b3, wide);

  // --- the lanes, each without its last registers ------------------------------------------------
  // The sixteen activations that a t2 dot gives to all lanes; below DLEN 128 there is none.
  localparam CHUNK = DLEN < 128 ? DLEN : 128;
  wire [DLEN-1:0] chunk_row = rs2 >> {b2[1:0], 7'd0};
  wire [127:0] chunk = {{(128 - CHUNK) {1'b0}}, chunk_row[CHUNK-1:0]};
  wire [DLEN-1:0] alu, mul2, sum3, special5;
  genvar i;
  generate
    for (i = 0; i < LANES64; i = i + 1) begin : lane
      dense_lane lane_ (
          .clk(clk),
          .op(op),
          .type_(type_),
          .mode(mode),
          .k(k),
          .imm(imm),
          .wide(wide),
          .a(a[64*i+:64]),
          .b(b[64*i+:64]),
          .c(c[64*i+:64]),
          .old(old[64*i+:64]),
          .chunk(chunk),
          .alu(alu[64*i+:64]),
          .mul(mul2[64*i+:64]),
          .sum(sum3[64*i+:64]),
          .special(special5[64*i+:64])
      );
    end
  endgenerate
  pipe_reg #(.WIDTH(DLEN)) alu_out (.clk(clk), .d(alu), .q(y1));
  pipe_reg #(.WIDTH(DLEN)) special_out (.clk(clk), .d(special5), .q(y6));

  // --- latency 3: a product, or a permutation ----------------------------------------------------
  wire [DLEN-1:0] permuted, permuted2;
  wire permutes2;
  generate
    for (i = 0; i < LANES32; i = i + 1) begin : permute
      // Lane numbers count modulo the lanes, a power of two.
      wire [3:0] from = rs2[32*i+:4] & (LANES32[3:0] - 4'd1);
      assign permuted[32*i+:32] = rs1[32*from+:32];
    end
  endgenerate
  delay #(.WIDTH(DLEN + 1), .CYCLES(2)) permute_wait (
      .clk(clk),
      .d({op == `OP_DPERM, permuted}),
      .q({permutes2, permuted2})
  );
  pipe_reg #(.WIDTH(DLEN)) mul_out (.clk(clk), .d(permutes2 ? permuted2 : mul2), .q(y3));

  // --- latency 4: sums, conversions, and what f32 compares ---------------------------------------
  wire [DLEN-1:0] converted3, alu3;
  convert #(.DLEN(DLEN)) convert_ (
      .clk(clk),
      .from(type_),
      .to(slot[`FIELD_TYPE2]),
      .round(slot[`FIELD_ROUND]),
      .saturate(flag),
      .scaled(slot[`FIELD_SCALED]),
      .scale_broadcast(b2[4]),
      .scale_lane(b2[3:0]),
      .k(k),
      .x(rs1),
      .scale(rs2),
      .old(old),
      .y(converted3)
  );
  wire sums = op == `OP_DADD || op == `OP_DSUB || op == `OP_DFMA || op == `OP_DMUL ||
      op == `OP_DDOT || op == `OP_DTDOT;
  wire sums3, converts3;
  delay #(.WIDTH(DLEN), .CYCLES(2)) alu_wait (.clk(clk), .d(y1), .q(alu3));
  delay #(.WIDTH(2), .CYCLES(3)) from_wait (
      .clk(clk),
      .d({sums, converts}),
      .q({sums3, converts3})
  );
  pipe_reg #(.WIDTH(DLEN)) sum_out (
      .clk(clk),
      .d(sums3 ? sum3 : converts3 ? converted3 : alu3),
      .q(y4)
  );

  // --- latency 8 ---------------------------------------------------------------------------------
  reduce #(.DLEN(DLEN)) reduce_ (
      .clk(clk),
      .type_(type_),
      .mode(mode),
      .x(rs1),
      .y(y8)
  );

  // --- branch ------------------------------------------------------------------------------------
  // DBR always names a lane, so `a` has it in every lane.
  wire nonzero = wide ? a[63:0] != 64'd0 : a[31:0] != 32'd0;
  assign branch = nonzero ^ flag;
  wire unused = &{1'b0, slot, chunk_row};
endmodule
