// One operation slot of an SIW: is it legal, and what does it read and write?
//
// The rules are those of isa/siw.c (decode); the rows come from the same table. `legal` is 0 for
// every encoding that the loader refuses by itself, reserved bits above all. Register sets are over
// the scoreboard: r0..r15 = 0..15, p = 16..23, m = 24..27, l = 28..31. Combinational.
`include "isa.vh"
module slot_decode #(
    parameter [1:0] PIPE = 2'd0,  // 0 D, 1 S, 2 C
    parameter DLEN = 512
) (
    input  wire [ 95:0] slot,
    input  wire [  5:0] offset,       // flags of the SIW's immediate coordinate
    input  wire         any_page,
    output wire         legal,
    output wire         takes_coord,  // the slot uses it
    output wire [ 29:0] uses,         // registers read, in operand order: five of {valid, number}
    output wire [ 31:0] reads,
    output wire [ 31:0] writes,
    output wire [  4:0] latency       // class of its result
);
`include "rows.vh"
  /* verilator lint_off UNUSEDSIGNAL */  // operands without a rule of their own
  wire [ROW_BITS-1:0] r = row(PIPE, slot[7:0]);
  /* verilator lint_on UNUSEDSIGNAL */

  // --- fields ------------------------------------------------------------------------------------
  wire [2:0] type_ = slot[`FIELD_TYPE];
  wire [2:0] type2 = slot[`FIELD_TYPE2];
  wire [3:0] rd = slot[`FIELD_RD], rs1 = slot[`FIELD_RS1], rs2 = slot[`FIELD_RS2];
  wire [3:0] rs3 = slot[`FIELD_RS3], mode = slot[`FIELD_MODE];
  wire flag = slot[`FIELD_FLAG], imc = slot[`FIELD_IMC], ri = slot[`FIELD_RI];
  wire scaled = slot[`FIELD_SCALED], cnt = slot[`FIELD_CNT];
  wire [4:0] b1 = slot[`FIELD_B1], b2 = slot[`FIELD_B2], b3 = slot[`FIELD_B3];
  wire [6:0] width = slot[`FIELD_WIDTH];
  wire [5:0] at = slot[`FIELD_AT], k = slot[`FIELD_K];
  wire [3:0] axis = slot[`FIELD_AXIS], part = slot[`FIELD_PART];
  wire [7:0] peer = slot[`FIELD_PEER], root = slot[`FIELD_ROOT];
  wire [1:0] round = slot[`FIELD_ROUND];
  wire [31:0] imm = slot[`FIELD_IMM];

  // --- row, reserved bits, type, mode ------------------------------------------------------------
  wire known = r[ROW_KNOWN];
  wire reserved_zero = (slot & ~r[ROW_USED+:96]) == 96'd0;
  wire [5:0] types = r[ROW_TYPES+:6];
  wire [7:0] types8 = {2'b00, types};
  wire type_fits = types == 6'd0 || types8[type_];
  wire [15:0] modes = r[ROW_MODES+:16];
  wire mode_fits = !r[ROW_HAS_MODES] || modes[mode];

  // --- lanes: 0 none, else 16 + lane -------------------------------------------------------------
  function [7:0] bits_of(input [2:0] t);
    case (t)
      `TYPE_I64: bits_of = 8'd64;
      `TYPE_I32, `TYPE_F32: bits_of = 8'd32;
      `TYPE_BF16: bits_of = 8'd16;
      `TYPE_I8: bits_of = 8'd8;
      default: bits_of = 8'd2;
    endcase
  endfunction
  wire narrow_type = types != 6'd0 && type_ != `TYPE_I64;
  wire group = r[ROW_GROUP];
  localparam LANES32 = DLEN / 32, LANES64 = DLEN / 64, LANES128 = DLEN / 128;
  wire [4:0] lanes32 = LANES32[4:0], lanes64 = LANES64[4:0], lanes128 = LANES128[4:0];
  // Only i64, i32 and f32 have lanes that a field names; dot products count groups.
  wire [4:0] lanes = group ? (r[HAS_RS2L] ? lanes128 : lanes32) : narrow_type ? lanes32 : lanes64;
  function lane_fits(input [4:0] b, input [4:0] count);
    lane_fits = b == 5'd0 || (b[4] && {1'b0, b[3:0]} < count);
  endfunction
  wire b1_fits = (!r[HAS_RS1B] && !r[HAS_RS1L]) || lane_fits(b1, lanes);
  wire b2_fits = (!r[HAS_RS2B] && !r[HAS_RS2L]) || lane_fits(b2, lanes);
  wire b3_fits = !r[HAS_RS3B] || lane_fits(b3, lanes);
  wire lane_given = (!r[HAS_RS1L] || b1 != 5'd0) && (!r[HAS_RS2L] || b2 != 5'd0);

  // --- registers of the smaller files ------------------------------------------------------------
  wire p_rd = r[HAS_PD] || r[HAS_PDS], m_rd = r[HAS_MD] || r[HAS_MDK], l_rd = r[HAS_LD];
  wire registers_fit = (!p_rd || rd < 4'd8) && (!(m_rd || l_rd) || rd < 4'd4) &&
      (!r[HAS_MS] || rs1 < 4'd4);

  // --- addresses ---------------------------------------------------------------------------------
  wire wildcard_fits = PIPE == 2'd1 &&
      (slot[7:0] == `OP_SPREFCH || slot[7:0] == `OP_SINDEX);
  wire coord_fits = !r[HAS_COORD] ||
      (imc ? rs2 == 4'd0 && (!any_page || wildcard_fits) : rs2 < 4'd8);
  wire [7:0] end_in_register = {2'b00, at} + {1'b0, width};
  wire [7:0] end_in_cell = {2'b00, offset} + {1'b0, width};
  localparam ROOM = DLEN / 8;
  wire width_fits = !r[HAS_WIDTH] || (width != 7'd0 && width <= 7'd64 &&
      end_in_register <= ROOM[7:0] && (!imc || end_in_cell <= 8'd64));
  wire axis_fits = (!r[HAS_AXIS] || axis < 4'd11 || (axis <= `AXIS_BYTE && !flag)) &&
      (!r[HAS_DIM] || axis < 4'd11);
  wire index_fits = !r[HAS_RINDEX] || ri || rs1 == 4'd0;
  wire range_fits = !r[HAS_RANGE] || (imm[15:0] <= imm[31:16] && imm[31:16] < 16'd2048);

  // --- counts, sentrons, parts -------------------------------------------------------------------
  wire rounds_fit = !r[HAS_ROUNDS] || (cnt ? imm == 32'd0 : rs1 == 4'd0 && !imm[31]);
  wire node = r[HAS_NODE] || (r[HAS_FROMNODE] && flag);
  wire peer_fits = (!r[HAS_NODE] && !r[HAS_PEER]) || (node ? peer < 8'd64 : peer < 8'd16);
  wire root_fits = !r[HAS_ROOT] || root < 8'd16;
  localparam PARTS = DLEN > 256 ? DLEN / 256 : 1;
  wire part_fits = !r[HAS_PART] || part < PARTS[3:0];

  // --- conversions -------------------------------------------------------------------------------
  wire converts = r[HAS_RDC];
  wire [7:0] from_bits = bits_of(type_), to_bits = bits_of(type2);
  wire to_float = type2 == `TYPE_F32 || type2 == `TYPE_BF16;
  wire from_float = type_ == `TYPE_F32 || type_ == `TYPE_BF16;
  wire trits_fit = (type2 != `TYPE_T2 || type_ == `TYPE_I8) &&
      (type_ != `TYPE_T2 || type2 == `TYPE_I8);
  // The wider over the narrower, both powers of two: k * narrower < wider.
  wire [7:0] wider = from_bits > to_bits ? from_bits : to_bits;
  wire [7:0] narrower = from_bits > to_bits ? to_bits : from_bits;
  wire [13:0] part_at = {8'd0, k} * {6'd0, narrower};
  wire conversion_fits = !converts || (type2 <= `TYPE_T2 && type_ != type2 && trits_fit &&
      part_at < {6'd0, wider} && (round == 2'd0 || (!to_float && (from_float || scaled))) &&
      !(flag && to_float) && (scaled ? lane_fits(b2, lanes32) : rs2 == 4'd0 && b2 == 5'd0));

  // --- single operations -------------------------------------------------------------------------
  wire is_s = PIPE == 2'd1;
  wire single_fits = !(is_s && slot[7:0] == `OP_SALLOC && (imm[31] || imm == 32'd0)) &&
      !(is_s && slot[7:0] == `OP_SROUTE && imm[31:11] != 21'd0) &&
      !(is_s && slot[7:0] == `OP_SNEIGHBR && imm[31:11] != 21'd0);

  assign legal = known && reserved_zero && type_fits && mode_fits && b1_fits && b2_fits &&
      b3_fits && lane_given && registers_fit && coord_fits && width_fits && axis_fits &&
      index_fits && range_fits && rounds_fit && peer_fits && root_fits && part_fits &&
      conversion_fits && single_fits;
  assign takes_coord = r[HAS_COORD] && imc;

  // --- registers read and written ----------------------------------------------------------------
  function [31:0] one(input use_, input [4:0] number);
    one = {31'd0, use_} << number;
  endfunction
  wire keeps = r[HAS_RDK] || (converts && to_bits < from_bits);
  wire reads_rs1 = r[HAS_RS1] || r[HAS_RS1B] || r[HAS_RS1L] || (r[HAS_RINDEX] && ri) ||
      (r[HAS_ROUNDS] && cnt);
  wire reads_rs2 = r[HAS_RS2] || r[HAS_RS2B] || r[HAS_RS2L] || (r[HAS_SCALE] && scaled);
  // In the order of every row's operands: rd where its old contents count, the coordinate, sources.
  wire message = r[HAS_MS];
  wire [5:0] use_rd = r[HAS_PDS] ? {3'b110, rd[2:0]} : r[HAS_MDK] ? {4'b1110, rd[1:0]} :
      {keeps, 1'b0, rd};
  wire [5:0] use_coord = {r[HAS_COORD] && !imc, 2'b10, rs2[2:0]};
  wire [5:0] use_rs1 = message ? {4'b1110, rs1[1:0]} : {reads_rs1, 1'b0, rs1};
  wire [5:0] use_rs2 = {reads_rs2, 1'b0, rs2};
  wire [5:0] use_rs3 = {r[HAS_RS3] || r[HAS_RS3B], 1'b0, rs3};
  assign uses = {use_rs3, use_rs2, use_rs1, use_coord, use_rd};
  assign reads = one(use_rd[5], use_rd[4:0]) | one(use_coord[5], use_coord[4:0]) |
      one(use_rs1[5], use_rs1[4:0]) | one(use_rs2[5], use_rs2[4:0]) |
      one(use_rs3[5], use_rs3[4:0]);
  assign writes = one(r[HAS_RD] || r[HAS_RDK] || converts, {1'b0, rd}) |
      one(p_rd, {2'b10, rd[2:0]}) | one(m_rd, {3'b110, rd[1:0]}) | one(l_rd, {3'b111, rd[1:0]});
  assign latency = types != 6'd0 && type_ == `TYPE_F32 ? r[ROW_LATENCY_F32+:5] : r[ROW_LATENCY+:5];

`ifdef FORMAL
  // No reserved code and no reserved bit is legal. The bits that each row uses stand in isa.vh by
  // name, apart from the table of rows that the decoder works with.
  function [95:0] used(input [7:0] op);
    case ({PIPE, op})
      {2'd0, `OP_DNOP}: used = `USED_DNOP;
      {2'd0, `OP_DFMA}: used = `USED_DFMA;
      {2'd0, `OP_DADD}: used = `USED_DADD;
      {2'd0, `OP_DSUB}: used = `USED_DSUB;
      {2'd0, `OP_DMUL}: used = `USED_DMUL;
      {2'd0, `OP_DCMP}: used = `USED_DCMP;
      {2'd0, `OP_DRED}: used = `USED_DRED;
      {2'd0, `OP_DSEL}: used = `USED_DSEL;
      {2'd0, `OP_DMOVI}: used = `USED_DMOVI;
      {2'd0, `OP_DMOV}: used = `USED_DMOV;
      {2'd0, `OP_DDOT}: used = `USED_DDOT;
      {2'd0, `OP_DTDOT}: used = `USED_DTDOT;
      {2'd0, `OP_DCVT}: used = `USED_DCVT;
      {2'd0, `OP_DPERM}: used = `USED_DPERM;
      {2'd0, `OP_DMAX}: used = `USED_DMAX;
      {2'd0, `OP_DMIN}: used = `USED_DMIN;
      {2'd0, `OP_DAND}: used = `USED_DAND;
      {2'd0, `OP_DOR}: used = `USED_DOR;
      {2'd0, `OP_DXOR}: used = `USED_DXOR;
      {2'd0, `OP_DANDN}: used = `USED_DANDN;
      {2'd0, `OP_DSHL}: used = `USED_DSHL;
      {2'd0, `OP_DSHR}: used = `USED_DSHR;
      {2'd0, `OP_DSAR}: used = `USED_DSAR;
      {2'd0, `OP_DEXP2}: used = `USED_DEXP2;
      {2'd0, `OP_DRCP}: used = `USED_DRCP;
      {2'd0, `OP_DRSQ}: used = `USED_DRSQ;
      {2'd0, `OP_DBR}: used = `USED_DBR;
      {2'd0, `OP_DHDENC}: used = `USED_DHDENC;
      {2'd0, `OP_DHDBIND}: used = `USED_DHDBIND;
      {2'd0, `OP_DHDBUND}: used = `USED_DHDBUND;
      {2'd0, `OP_DHDPERM}: used = `USED_DHDPERM;
      {2'd0, `OP_DHDSIM}: used = `USED_DHDSIM;
      {2'd0, `OP_DTERNARY}: used = `USED_DTERNARY;
      {2'd0, `OP_DTPOP}: used = `USED_DTPOP;
      {2'd0, `OP_DTACC}: used = `USED_DTACC;
      {2'd1, `OP_SNOP}: used = `USED_SNOP;
      {2'd1, `OP_SGATHER}: used = `USED_SGATHER;
      {2'd1, `OP_SGATHERM}: used = `USED_SGATHERM;
      {2'd1, `OP_SSCATTR}: used = `USED_SSCATTR;
      {2'd1, `OP_SINDEX}: used = `USED_SINDEX;
      {2'd1, `OP_SDEDUP}: used = `USED_SDEDUP;
      {2'd1, `OP_SPREFCH}: used = `USED_SPREFCH;
      {2'd1, `OP_SFLUSH}: used = `USED_SFLUSH;
      {2'd1, `OP_SALLOC}: used = `USED_SALLOC;
      {2'd1, `OP_SFREE}: used = `USED_SFREE;
      {2'd1, `OP_SASSOC}: used = `USED_SASSOC;
      {2'd1, `OP_SROUTE}: used = `USED_SROUTE;
      {2'd1, `OP_SNEIGHBR}: used = `USED_SNEIGHBR;
      {2'd2, `OP_CNOP}: used = `USED_CNOP;
      {2'd2, `OP_CPACK}: used = `USED_CPACK;
      {2'd2, `OP_CPACKV}: used = `USED_CPACKV;
      {2'd2, `OP_CROUTE}: used = `USED_CROUTE;
      {2'd2, `OP_CSEND}: used = `USED_CSEND;
      {2'd2, `OP_CRECV}: used = `USED_CRECV;
      {2'd2, `OP_CBAR}: used = `USED_CBAR;
      {2'd2, `OP_CFENCE}: used = `USED_CFENCE;
      {2'd2, `OP_CREDUCE}: used = `USED_CREDUCE;
      {2'd2, `OP_CCAST}: used = `USED_CCAST;
      {2'd2, `OP_CSLICE}: used = `USED_CSLICE;
      {2'd2, `OP_CFANOUT}: used = `USED_CFANOUT;
      {2'd2, `OP_CMERGE}: used = `USED_CMERGE;
      {2'd2, `OP_CSTEP}: used = `USED_CSTEP;
      {2'd2, `OP_CLOOP}: used = `USED_CLOOP;
      {2'd2, `OP_CSPAWN}: used = `USED_CSPAWN;
      {2'd2, `OP_CHALT}: used = `USED_CHALT;
      default: used = 96'd0;
    endcase
  endfunction
  always @* if (legal) begin
    assert (used(slot[7:0]) != 96'd0);
    assert ((slot & ~used(slot[7:0])) == 96'd0);
  end
`endif
endmodule
