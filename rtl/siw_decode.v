// The SIW decoder: 64 bytes to three slots, their registers, and whether all of it is legal.
//
// `legal` is 0 for every SIW that the loader refuses by itself (isa/siw.c): format version,
// reserved bytes, slots (slot_decode), an immediate coordinate that no slot uses, two slots that write one
// register. Combinational.
`include "isa.vh"
module siw_decode #(
    parameter DLEN = 512
) (
    input  wire [511:0] siw,
    output wire         legal,
    output wire [  7:0] deps,
    output wire [  3:0] loop_ends,  // bit i: last SIW of a body of li
    output wire [ 95:0] d_slot,
    output wire [ 95:0] s_slot,
    output wire [ 95:0] c_slot,
    output wire [127:0] coord,
    output wire [ 89:0] uses,       // read by D, S, C: fifteen of {valid, number} (slot_decode)
    output wire [ 31:0] reads,      // of all slots, over the scoreboard
    output wire [ 31:0] d_writes,
    output wire [ 31:0] s_writes,
    output wire [ 31:0] c_writes,
    output wire [  4:0] d_latency,  // latency class of the slot's result
    output wire [  4:0] s_latency,
    output wire [  4:0] c_latency
);
  wire d_legal, s_legal, c_legal, d_coord, s_coord, c_coord;
  wire [31:0] d_reads, s_reads, c_reads;
  assign deps = siw[`SIW_DEPS];
  assign loop_ends = siw[`SIW_LOOP_ENDS];
  assign d_slot = siw[`SIW_D_SLOT];
  assign s_slot = siw[`SIW_S_SLOT];
  assign c_slot = siw[`SIW_C_SLOT];
  assign coord = siw[`SIW_COORD];

  slot_decode #(.PIPE(2'd0), .DLEN(DLEN)) d (
      .slot(d_slot),
      .offset(coord[`COORD_OFFSET]),
      .any_page(coord[`COORD_WILDCARD]),
      .legal(d_legal),
      .takes_coord(d_coord),
      .uses(uses[29:0]),
      .reads(d_reads),
      .writes(d_writes),
      .latency(d_latency)
  );
  slot_decode #(.PIPE(2'd1), .DLEN(DLEN)) s (
      .slot(s_slot),
      .offset(coord[`COORD_OFFSET]),
      .any_page(coord[`COORD_WILDCARD]),
      .legal(s_legal),
      .takes_coord(s_coord),
      .uses(uses[59:30]),
      .reads(s_reads),
      .writes(s_writes),
      .latency(s_latency)
  );
  slot_decode #(.PIPE(2'd2), .DLEN(DLEN)) c (
      .slot(c_slot),
      .offset(coord[`COORD_OFFSET]),
      .any_page(coord[`COORD_WILDCARD]),
      .legal(c_legal),
      .takes_coord(c_coord),
      .uses(uses[89:60]),
      .reads(c_reads),
      .writes(c_writes),
      .latency(c_latency)
  );

  assign reads = d_reads | s_reads | c_reads;
  wire header_fits = siw[`SIW_VERSION_FIELD] == `SIW_VERSION && siw[`SIW_RESERVED] == 80'd0;
  wire coord_used = d_coord || s_coord || c_coord || coord == 128'd0;
  wire writers_differ = (d_writes & s_writes) == 32'd0 && (d_writes & c_writes) == 32'd0 &&
      (s_writes & c_writes) == 32'd0;
  assign legal = header_fits && d_legal && s_legal && c_legal && coord_used && writers_differ;

`ifdef FORMAL
  always @* if (legal) begin
    assert (siw[`SIW_VERSION_FIELD] == `SIW_VERSION && siw[`SIW_RESERVED] == 80'd0);
    assert (d_writes == 32'd0 || (d_writes & (s_writes | c_writes)) == 32'd0);
  end
`endif
endmodule
