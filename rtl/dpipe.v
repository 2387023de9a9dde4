// The D-pipe: every dense operation on registers of DLEN bits, one a cycle.
//
// Operands come as registers, with lane and part numbers still to be applied; results leave by
// latency, `y1` one cycle after the operation, `y3` three, and so on (latency classes of
// isa/latency.def at their default values). Which of them belongs to which operation is the
// scoreboard's business (sentron_core.v).
//
//   rs1 rs2 rs3 --broadcast--+--> alu_lane ------------------> y1   (compare of f32 --> y4)
//                            +--> mul_lane, permutation ----> y3
//                            +--> f32_fma, dots, convert ---> y4
//                            +--> f32_special --------------> y6
//                            +--> reduce -------------------> y8
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
  localparam [31:0] ONE = 32'h3f800000;
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
  wire [DLEN-1:0] addend = op == `OP_DTACC ? old : c;

  // --- latency 1, and f32 compare with that of f32 -----------------------------------------------
  wire [DLEN-1:0] alu;
  genvar i;
  generate
    for (i = 0; i < LANES64; i = i + 1) begin : lane64
      alu_lane alu_ (
          .op(op),
          .type_(type_),
          .mode(mode),
          .k(k),
          .imm(imm),
          .a(a[64*i+:64]),
          .b(b[64*i+:64]),
          .c(c[64*i+:64]),
          .y(alu[64*i+:64])
      );
    end
  endgenerate
  wire [DLEN-1:0] alu4;
  pipe_reg #(.WIDTH(DLEN)) alu_out (.clk(clk), .d(alu), .q(y1));
  delay #(.WIDTH(DLEN), .CYCLES(3)) alu_wait (.clk(clk), .d(y1), .q(alu4));

  // --- latency 3 ---------------------------------------------------------------------------------
  wire [DLEN-1:0] mul, permuted, permuted3;
  wire permutes3;
  generate
    for (i = 0; i < LANES64; i = i + 1) begin : mul64
      mul_lane mul_ (
          .clk(clk),
          .op(op),
          .wide(wide),
          .imm(imm[31:1]),
          .a(a[64*i+:64]),
          .b(b[64*i+:64]),
          .c(addend[64*i+:64]),
          .y(mul[64*i+:64])
      );
    end
    for (i = 0; i < LANES32; i = i + 1) begin : permute
      // Lane numbers count modulo the lanes, a power of two.
      wire [3:0] from = rs2[32*i+:4] & (LANES32[3:0] - 4'd1);
      assign permuted[32*i+:32] = rs1[32*from+:32];
    end
  endgenerate
  delay #(.WIDTH(DLEN + 1), .CYCLES(3)) permute_wait (
      .clk(clk),
      .d({op == `OP_DPERM, permuted}),
      .q({permutes3, permuted3})
  );
  assign y3 = permutes3 ? permuted3 : mul;

  // --- latency 4 ---------------------------------------------------------------------------------
  // a + b = a * 1 + b; a * b = a * b + zero of the product's sign.
  wire adds = op == `OP_DADD || op == `OP_DSUB, fuses = op == `OP_DFMA;
  wire [DLEN-1:0] fma, i8, bf16, t2, converted;
  // The sixteen activations that a t2 dot gives to all lanes; below DLEN 128 there is none.
  localparam CHUNK = DLEN < 128 ? DLEN : 128;
  wire [DLEN-1:0] chunk_row = rs2 >> {b2[1:0], 7'd0};
  wire [127:0] chunk = {{(128 - CHUNK) {1'b0}}, chunk_row[CHUNK-1:0]};
  generate
    for (i = 0; i < LANES32; i = i + 1) begin : lane32
      wire [31:0] ai = a[32*i+:32], bi = b[32*i+:32], ci = c[32*i+:32];
      wire [31:0] minus = {bi[31] ^ (op == `OP_DSUB), bi[30:0]};
      f32_fma fma_ (
          .clk(clk),
          .a(ai),
          .b(adds ? ONE : bi),
          .c(adds ? minus : fuses ? ci : {ai[31] ^ bi[31], 31'd0}),
          .y(fma[32*i+:32])
      );
      i8_dot i8_ (
          .clk(clk),
          .w(ai),
          .x(bi),
          .c(ci),
          .y(i8[32*i+:32])
      );
      bf16_dot bf16_ (
          .clk(clk),
          .w(ai),
          .x(bi),
          .c(ci),
          .y(bf16[32*i+:32])
      );
      t2_dot t2_ (
          .clk(clk),
          .w(ai),
          .x(chunk),
          .c(ci),
          .y(t2[32*i+:32])
      );
    end
  endgenerate
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
      .y(converted)
  );
  localparam [2:0] FROM_FMA = 3'd0, FROM_ALU = 3'd1, FROM_I8 = 3'd2, FROM_BF16 = 3'd3;
  localparam [2:0] FROM_T2 = 3'd4, FROM_CONVERT = 3'd5;
  wire [2:0] from = converts ? FROM_CONVERT : op == `OP_DTDOT ? FROM_T2 :
      op == `OP_DDOT ? (type_ == `TYPE_I8 ? FROM_I8 : FROM_BF16) :
      adds || fuses || op == `OP_DMUL ? FROM_FMA : FROM_ALU;
  wire [2:0] from4;
  delay #(.WIDTH(3), .CYCLES(4)) from_wait (.clk(clk), .d(from), .q(from4));
  assign y4 = from4 == FROM_FMA ? fma : from4 == FROM_ALU ? alu4 : from4 == FROM_I8 ? i8 :
      from4 == FROM_BF16 ? bf16 : from4 == FROM_T2 ? t2 : converted;

  // --- latencies 6 and 8 -------------------------------------------------------------------------
  wire [1:0] function_ = op == `OP_DEXP2 ? 2'd0 : op == `OP_DRCP ? 2'd1 : 2'd2;
  generate
    for (i = 0; i < LANES32; i = i + 1) begin : special32
      f32_special special (
          .clk(clk),
          .function_(function_),
          .x(a[32*i+:32]),
          .y(y6[32*i+:32])
      );
    end
  endgenerate
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
