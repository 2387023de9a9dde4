// Which of the two contexts of a core issues, where both could (architecture, section 5, test 7).
//
// They contend if both want one pipe's port. The one that issued longer ago wins, then context 0;
// one that has not issued since it started issued longest ago. The loser waits whole. Where they do
// not contend, both go.
module smt_arbiter (
    input  wire       clk,
    input  wire [1:0] start,   // a context starts: it has not issued
    input  wire [1:0] pass,    // all other tests
    input  wire [2:0] ports0,  // pipes that each SIW uses
    input  wire [2:0] ports1,
    output wire [1:0] issue
);
  // Context 0 is `newer` if its last issue came after that of context 1.
  reg newer;
  reg [1:0] issued;
  wire contend = pass == 2'b11 && (ports0 & ports1) != 3'd0;
  assign issue = !contend ? pass : newer ? 2'b10 : 2'b01;
  wire [1:0] has_issued = issued | issue;
  always @(posedge clk) begin
    issued <= has_issued & ~start;
    if (start != 2'b00) newer <= has_issued[0] && !start[0] && start[1];
    else if (issue != 2'b00) newer <= issue == 2'b01;
  end

`ifdef FORMAL
  reg past = 1'b0;
  reg [1:0] lost;
  always @(posedge clk) begin
    past <= 1'b1;
    lost <= start == 2'b00 ? pass & ~issue : 2'b00;
    if (!past) assume (start == 2'b11);
    else begin
      assert ((issue & ~pass) == 2'b00);               // only who may
      assert (pass == 2'b00 || issue != 2'b00);        // and always one
      if (issue == 2'b11) assert ((ports0 & ports1) == 3'd0);
      if (lost[0] && pass[0]) assert (issue[0]);       // who lost has its turn next
      if (lost[1] && pass[1]) assert (issue[1]);
    end
  end
`endif
endmodule
