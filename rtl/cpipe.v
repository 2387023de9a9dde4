// The C-pipe's port: what one C operation a cycle computes, for either context of the core.
//
//   slot, registers --+--> coord_step --> p     (CSTEP)
//                     +--> lanes, parts -> m    (CPACK, CPACK.vec)
//                     +--> messages -----> r    (CRECV, CMERGE; from message_port)
//                     +--> collective port      (CBAR, CREDUCE, CCAST: the node answers)
//                     +--> group_table          (CSLICE), node (CSPAWN)
//
// Results leave at the latencies of their classes: a port says which register of which context gets
// its result in this cycle. Loops are the loop unit's, fences the hold unit's.
`include "isa.vh"
module cpipe #(
    parameter DLEN  = 512,
    parameter CURVE = `SPEC_CURVE,
    parameter LATENCY_STEP = `LATENCY_STEP,
    parameter LATENCY_PACK = `LATENCY_PACK,
    parameter LATENCY_RECV = `LATENCY_RECV,
    parameter LATENCY_LOOP = `LATENCY_LOOP
) (
    input  wire            clk,
    input  wire            reset,
    input  wire            issue,
    input  wire            context_,
    input  wire [     3:0] id,        // this context's number in the node
    /* verilator lint_off UNUSEDSIGNAL */  // operands of other operations; lanes not taken
    input  wire [    95:0] slot,
    input  wire [DLEN-1:0] rs1,
    input  wire [DLEN-1:0] rs2,
    input  wire [DLEN-1:0] old,       // rd before
    input  wire [   127:0] p_old,     // p[rd]
    input  wire [   255:0] m_old,     // m[rd]
    input  wire [   255:0] received,
    input  wire [   511:0] merged,
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire [    15:0] members,   // of the slot's group
    input  wire [  1935:0] homes,     // 16 coordinates of 121 bits
    input  wire [    15:0] present,   // sentrons that the node has
    // results
    output wire            p_valid,
    output wire [     3:0] p_reg,     // {context, number}, as in all of these
    output wire [   127:0] p_data,
    output wire            m_valid,
    output wire [     2:0] m_reg,
    output wire [   255:0] m_data,
    output wire            r_valid,
    output wire [     4:0] r_reg,
    output wire [DLEN-1:0] r_data,
    output wire            l_valid,
    output wire [     2:0] l_reg,
    output wire [    31:0] l_data,
    // at once
    output wire            slice,
    output wire [    15:0] sliced,
    output wire            collect,   // at the collective port of the node, with slot and rs1
    output wire            spawn,
    output wire            fault,
    output wire [     3:0] fault_code
);
  wire [7:0] op = slot[`FIELD_OP];
  wire [3:0] rd = slot[`FIELD_RD];
  wire [31:0] imm = slot[`FIELD_IMM];

  // --- CSTEP -------------------------------------------------------------------------------------
  wire step_fault;
  wire steps = op == `OP_CSTEP;
  wire [127:0] stepped;
  coord_step #(.CURVE(CURVE)) stepper (
      .coord(p_old),
      .axis(slot[`FIELD_AXIS]),
      .step({imm[31], imm}),
      .carry(slot[`FIELD_FLAG]),
      .result(stepped),
      .fault(step_fault)
  );
  result_port #(.WIDTH(128), .ADDRESS(4), .CYCLES(LATENCY_STEP)) p_port (
      .clk(clk),
      .reset(reset),
      .valid(issue && steps),
      .address({context_, rd[2:0]}),
      .data(stepped),
      .out_valid(p_valid),
      .out_address(p_reg),
      .out_data(p_data)
  );

  // --- CPACK -------------------------------------------------------------------------------------
  // A lane of 64 bits, lane 0 unless one is named; bytes 32k.. of a register, zeros beyond it.
  /* verilator lint_off UNUSEDSIGNAL */  // what is above the lane, the part
  wire [DLEN-1:0] low_lane = rs1 >> {slot[`FIELD_B1] & 5'd7, 6'd0};
  wire [DLEN-1:0] high_lane = rs2 >> {slot[`FIELD_B2] & 5'd7, 6'd0};
  wire [1023:0] wide = {{(1024 - DLEN) {1'b0}}, rs1} >> {slot[`FIELD_PART] & 4'd1, 8'd0};
  /* verilator lint_on UNUSEDSIGNAL */
  wire vector = op == `OP_CPACKV;
  result_port #(.WIDTH(256), .ADDRESS(3), .CYCLES(LATENCY_PACK)) m_port (
      .clk(clk),
      .reset(reset),
      .valid(issue && (op == `OP_CPACK || vector)),
      .address({context_, rd[1:0]}),
      .data(vector ? wide[255:0] : {m_old[255:128], high_lane[63:0], low_lane[63:0]}),
      .out_valid(m_valid),
      .out_address(m_reg),
      .out_data(m_data)
  );

  // --- CRECV, CMERGE -----------------------------------------------------------------------------
  wire merges = op == `OP_CMERGE;
  wire [DLEN-1:0] with_part;
  generate
    if (DLEN > 256) begin : parts
      assign with_part = slot[`FIELD_PART] == 4'd0 ? {old[DLEN-1:256], received} :
          {received[DLEN-257:0], old[255:0]};
    end else begin : whole
      assign with_part = received[DLEN-1:0];
    end
  endgenerate
  result_port #(.WIDTH(DLEN), .ADDRESS(5), .CYCLES(LATENCY_RECV)) r_port (
      .clk(clk),
      .reset(reset),
      .valid(issue && (op == `OP_CRECV || merges)),
      .address({context_, rd}),
      .data(merges ? merged[DLEN-1:0] : with_part),
      .out_valid(r_valid),
      .out_address(r_reg),
      .out_data(r_data)
  );

  // --- CLOOP: when its register may be written again ---------------------------------------------
  result_port #(.WIDTH(32), .ADDRESS(3), .CYCLES(LATENCY_LOOP)) l_port (
      .clk(clk),
      .reset(reset),
      .valid(issue && op == `OP_CLOOP),
      .address({context_, rd[1:0]}),
      .data(slot[`FIELD_CNT] ? rs1[31:0] : imm),
      .out_valid(l_valid),
      .out_address(l_reg),
      .out_data(l_data)
  );

  // --- groups ------------------------------------------------------------------------------------
  assign slice = issue && op == `OP_CSLICE;
  genvar i;
  generate
    for (i = 0; i < 16; i = i + 1) begin : home
      wire [120:0] place = homes[121*i+:121];
      wire [10:0] at = place[11*slot[`FIELD_AXIS]+:11];
      assign sliced[i] = present[i] && at >= imm[10:0] && at <= imm[26:16];
    end
  endgenerate

  // --- the node, faults --------------------------------------------------------------------------
  wire collective = op == `OP_CBAR || op == `OP_CREDUCE || op == `OP_CCAST;
  reg [4:0] count;
  integer k;
  always @* begin
    count = 5'd0;
    for (k = 0; k < 16; k = k + 1) count = count + {4'd0, members[k]};
  end
  wire outsider = collective && !members[id];
  wire rootless = op == `OP_CCAST && slot[`FIELD_ROOT] >= {3'd0, count};
  assign fault = issue && ((steps && step_fault) || outsider || rootless);
  assign fault_code = steps ? `FAULT_CSTEP : outsider ? `FAULT_NOT_MEMBER : `FAULT_ROOT;
  assign collect = issue && collective && !outsider && !rootless;
  assign spawn = issue && op == `OP_CSPAWN;
endmodule
