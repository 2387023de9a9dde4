// CMERGE's `merge` alone, for tests/rtl.
module merge_tb (
    input  wire          enable,
    input  wire [   2:0] type_,
    input  wire [   3:0] mode,
    input  wire [  15:0] members,
    input  wire [4095:0] messages,
    output wire [ 511:0] y
);
  merge combine (
      .enable(enable),
      .type_(type_),
      .mode(mode),
      .members(members),
      .messages(messages),
      .y(y)
  );
endmodule
