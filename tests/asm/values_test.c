/* Numbers as the assembler reads them: expressions, coordinates, floating point, bytes of data. */
#include "asm/assemble.h"
#include "tests/harness/harness.h"

#include <stdio.h>
#include <string.h>

/* The first initial register of "{ DNOP } .init main.r0 = TEXT" at DLEN 512. */
static bool read_values(const char *values, uint8_t out[R_BYTES_MAX], struct vtpu_error *err)
{
  char text[1024];
  struct object o;
  int n = snprintf(text, sizeof text, "{ DNOP }\n.equ SEVEN, 7\n.init main.r0 = %s\n", values);
  if (assemble_text("values", text, (size_t)n, &o, err))
    return false;
  memcpy(out, o.inits[0].bytes, R_BYTES_MAX);
  object_free_parts(&o);
  return true;
}

static uint64_t value_of(const char *values)
{
  uint8_t bytes[R_BYTES_MAX];
  struct vtpu_error err;
  uint64_t v = 0;
  if (!read_values(values, bytes, &err))
    T_FAIL("%s", err.message);
  else
    memcpy(&v, bytes, sizeof v);
  return v;
}

static const char *refusal(const char *values)
{
  static struct vtpu_error err;
  uint8_t bytes[R_BYTES_MAX];
  if (!read_values(values, bytes, &err))
    return err.message;
  T_FAIL("accepted: %s", values);
  return "";
}

T_TEST(values, expressions_bind_as_in_c)
{
  T_EQ(value_of("1 + 2 * 3"), 7);
  T_EQ(value_of("(1 + 2) * 3"), 9);
  T_EQ(value_of("10 - 3 - 2"), 5);
  T_EQ(value_of("100 / 7 / 2"), 7);
  T_EQ(value_of("-7 / 2"), -3);
  T_EQ(value_of("-7 % 4"), -3);
  T_EQ(value_of("1 << 4 + 1"), 32);
  T_EQ(value_of("-16 >> 2"), -4);
  T_EQ(value_of("1 | 6 ^ 3 & 2"), 5);
  T_EQ(value_of("~0 - -1"), 0);
  T_EQ(value_of("- - -SEVEN"), -7);
  T_EQ(value_of("SEVEN*SEVEN-0x31"), 0);
  T_EQ(value_of("0b1010 + 0o17 + 1_000"), 1025);
  T_EQ_HEX(value_of("0xffffffffffffffff"), UINT64_MAX);
  T_EQ_HEX(value_of("0x8000000000000000 / -1"), UINT64_C(1) << 63);
  T_EQ(value_of("0x8000000000000000 % -1"), 0);
  T_EQ_HEX(value_of("0x7fffffffffffffff + 1"), UINT64_C(1) << 63);
}

T_TEST(values, expressions_refused)
{
  T_CONTAINS(refusal("1 / 0"), "division by zero");
  T_CONTAINS(refusal("1 << 64"), "0 to 63 bits");
  T_CONTAINS(refusal("1 +"), "expected a number");
  T_CONTAINS(refusal("(1"), "expected ')'");
  T_CONTAINS(refusal("0x"), "no digits");
  T_CONTAINS(refusal("0b12"), "no digit");
  T_CONTAINS(refusal("0x10000000000000000"), "64 bits");
  T_CONTAINS(refusal("12ab"), "no digit");
  T_CONTAINS(refusal("EIGHT"), "there is no constant EIGHT");
}

T_TEST(values, f32_is_rounded_once)
{
  T_EQ_HEX(value_of("f32 0.1"), 0x3dcccccd);
  T_EQ_HEX(value_of("f32 16777217.0"), 0x4b800000);
  T_EQ_HEX(value_of("f32 16777216"), 0x4b800000);
  T_EQ_HEX(value_of("f32 1e-45"), 1);
  T_EQ_HEX(value_of("f32 1e-46"), 0);
  T_EQ_HEX(value_of("f32 -0.0"), 0x80000000);
  T_EQ_HEX(value_of("f32 -1e39"), 0xff800000);
  T_EQ_HEX(value_of("f32 -inf"), 0xff800000);
  T_EQ_HEX(value_of("f32 nan"), 0x7fc00000);
  T_EQ_HEX(value_of("f32 0x12345678"), 0x12345678);
  T_EQ_HEX(value_of("f32 -SEVEN"), 0xc0e00000);
  /* Just above the middle of two f32: two roundings (over double) would go down to even. */
  T_EQ_HEX(value_of("f32 1.000000059604644775390625000000001"), 0x3f800001);
  T_CONTAINS(refusal("f32 16777217"), "holds exactly");
  T_CONTAINS(refusal("f32 0x100000000"), "0xffffffff");
  T_CONTAINS(refusal("f32 1.5f"), "does not belong");
}

T_TEST(values, bf16_ties_go_to_even)
{
  T_EQ_HEX(value_of("bf16 1.0"), 0x3f80);
  T_EQ_HEX(value_of("bf16 1.00390625"), 0x3f80);
  T_EQ_HEX(value_of("bf16 1.01171875"), 0x3f82);
  T_EQ_HEX(value_of("bf16 1.00390626"), 0x3f81);
  T_EQ_HEX(value_of("bf16 255.5"), 0x4380); /* the carry runs into the exponent */
  T_EQ_HEX(value_of("bf16 3.4e38"), 0x7f80);
  T_EQ_HEX(value_of("bf16 -3.38e38"), 0xff7e);
  T_EQ_HEX(value_of("bf16 9.2e-41"), 1);
  T_EQ_HEX(value_of("bf16 4.5e-41"), 0);
  T_EQ_HEX(value_of("bf16 1.1754943508222875e-38"), 0x0080);
  T_EQ_HEX(value_of("bf16 257.0"), 0x4380);
  T_CONTAINS(refusal("bf16 257"), "holds exactly");
  T_CONTAINS(refusal("bf16 0x10000"), "0xffff");
}

T_TEST(values, integers_and_bytes)
{
  T_EQ_HEX(value_of("i8 -1, 255, -128, 127"), 0x7f80ffff);
  T_EQ_HEX(value_of("i32 -1, 0xffffffff"), UINT64_MAX);
  T_EQ_HEX(value_of("bytes 1, \"AB\", 3 x 2"), 0x0303424101);
  T_EQ_HEX(value_of("hex 0102 x 3, hex ff"), 0xff020102010201);
  T_EQ_HEX(value_of("t2 1, 0, -1, 0, 1"), 0x0121);
  T_EQ_HEX(value_of("t2 1 x 6"), 0x0555);
  T_EQ_HEX(value_of("t2, 1 x 3, -1 x 2"), 0x0295);
  T_CONTAINS(refusal("i8 256"), "from -128 to 255");
  T_CONTAINS(refusal("i32 4294967296"), "an i32");
  T_CONTAINS(refusal("bytes -1"), "a byte");
  T_CONTAINS(refusal("t2 2"), "a trit");
  T_CONTAINS(refusal("hex 123"), "two digits");
  T_CONTAINS(refusal("i64 1 x 0"), "repeat count");
  T_CONTAINS(refusal("i64 1 x 9"), "do not fit");
  T_CONTAINS(refusal("hex 00 x 65"), "do not fit");
  T_CONTAINS(refusal("t2 1 x 257"), "do not fit");
}

/* Both forms of a coordinate and D5, which straddles the two halves. */
T_TEST(values, coordinates)
{
  static const char *const same[] = {
      "{ SGATHER r0, [1.2.3/4.5.600/7.8.9/10.2047+56], 8 }",
      "{ SGATHER r0, [1,2,3,4,5,600,7,8,9,10,2047]+56, 8 }",
      "{ SGATHER r0, [ 1 , 1+1, 3, 4, 5, 6*100, 7, 8, 9, 10, (1<<11)-1 ] + 56, 8 }",
  };
  for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
    struct bundle b;
    struct vtpu_error err;
    if (assemble_siw("siw", same[i], 512, &b, &err)) {
      T_FAIL("%s", err.message);
      continue;
    }
    T_EQ(coord_dim(b.coord, 0), 1);
    T_EQ(coord_dim(b.coord, 5), 600);
    T_EQ(coord_dim(b.coord, 6), 7);
    T_EQ(coord_dim(b.coord, 10), 2047);
    T_EQ(coord_flags(b.coord), 56);
  }
}

T_TEST(values, single_siw_has_no_labels)
{
  struct bundle b;
  struct vtpu_error err;
  T_EQ(assemble_siw("siw", "{ DBR r0[0], loop }", 512, &b, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "no labels");
  T_EQ(assemble_siw("siw", "{ DNOP } { DNOP }", 512, &b, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "expected the end of the line");
  T_EQ(assemble_siw("siw", "", 512, &b, &err), VTPU_INPUT);
}

T_TEST(values, files_that_are_no_text)
{
  struct object o;
  struct vtpu_error err;
  T_EQ(assemble_file(t_temp("absent.s"), &o, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "cannot be read");
  const char *path = t_temp("object.siw");
  T_REQUIRE(assemble_text("t", "{ DNOP }", 8, &o, &err) == VTPU_OK);
  T_REQUIRE(object_write(path, &o, &err) == VTPU_OK);
  object_free_parts(&o);
  T_EQ(assemble_file(path, &o, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "is an object already");
}

T_TEST(values, an_empty_text_is_an_empty_object)
{
  struct object o;
  struct vtpu_error err;
  T_REQUIRE(assemble_text("empty", NULL, 0, &o, &err) == VTPU_OK);
  T_EQ(o.siw_count, 0);
  T_EQ(o.sentron_count, 0);
  T_EQ(o.dlen, 512);
  object_free_parts(&o);
}

/* More errors than are shown: the count is that of all. */
T_TEST(values, many_errors_end)
{
  char text[8000];
  struct object o;
  struct vtpu_error err;
  size_t n = 0;
  for (int i = 0; i < 100; i++)
    n += (size_t)snprintf(text + n, sizeof text - n, "{ DADX r0, r1, r2 }\n");
  T_EQ(assemble_text("many", text, n, &o, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "many:1:3: there is no operation DADX");
  T_CONTAINS(err.message, "\n100 errors");
}
