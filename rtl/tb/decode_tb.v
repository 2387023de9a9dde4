// The SIW decoder at every DLEN, for tests/rtl. Combinational.
module decode_tb (
    input  wire [511:0] siw,
    output wire [  3:0] legal,     // DLEN 64, 128, 256, 512
    output wire [ 89:0] uses,      // of DLEN 512, as all that follows
    output wire [ 31:0] reads,
    output wire [ 31:0] d_writes,
    output wire [ 31:0] s_writes,
    output wire [ 31:0] c_writes,
    output wire [ 14:0] latency,   // class of D, S, C from bit 0
    output wire [  7:0] deps,
    output wire [  3:0] loop_ends,
    output wire [ 95:0] d_slot,
    output wire [ 95:0] s_slot,
    output wire [ 95:0] c_slot,
    output wire [127:0] coord
);
  genvar i;
  /* verilator lint_off PINCONNECTEMPTY */  // here only `legal` depends on DLEN
  generate
    for (i = 0; i < 3; i = i + 1) begin : narrow
      siw_decode #(.DLEN(64 << i)) decoder (
          .siw(siw),
          .legal(legal[i]),
          .deps(),
          .loop_ends(),
          .d_slot(),
          .s_slot(),
          .c_slot(),
          .coord(),
          .uses(),
          .reads(),
          .d_writes(),
          .s_writes(),
          .c_writes(),
          .d_latency(),
          .s_latency(),
          .c_latency()
      );
    end
  endgenerate
  /* verilator lint_on PINCONNECTEMPTY */
  siw_decode #(.DLEN(512)) decoder (
      .siw(siw),
      .legal(legal[3]),
      .deps(deps),
      .loop_ends(loop_ends),
      .d_slot(d_slot),
      .s_slot(s_slot),
      .c_slot(c_slot),
      .coord(coord),
      .uses(uses),
      .reads(reads),
      .d_writes(d_writes),
      .s_writes(s_writes),
      .c_writes(c_writes),
      .d_latency(latency[4:0]),
      .s_latency(latency[9:5]),
      .c_latency(latency[14:10])
  );
endmodule
