/* Text and objects in both directions: every row of the operation table at every DLEN, whole random
 * objects, and the forms that the disassembler chooses. */
#include "asm/assemble.h"
#include "asm/disassemble.h"
#include "isa/print.h"
#include "tests/asm/random_object.h"
#include "tests/harness/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const unsigned dlens[] = {64, 128, 256, 512};

/* Bundle to text and back must give the same 64 bytes. */
static void check_bundle(const struct bundle *b, unsigned dlen)
{
  char text[BUNDLE_TEXT_BYTES];
  struct bundle back;
  struct siw before, after;
  struct vtpu_error err;
  bundle_print(b, NULL, text);
  if (assemble_siw("siw", text, dlen, &back, &err)) {
    T_FAIL("DLEN %u: %s", dlen, err.message);
    return;
  }
  if (siw_encode(b, &before, &err) || siw_encode(&back, &after, &err))
    T_FAIL("%s: %s", text, err.message);
  else if (memcmp(&before, &after, sizeof before))
    T_FAIL("DLEN %u: other bits after reading back: %s", dlen, text);
}

T_TEST(round_trip, every_row_at_every_dlen)
{
  struct random r = {1};
  for (int i = 0; i < op_table_count; i++) {
    int found = 0;
    for (size_t d = 0; d < sizeof dlens / sizeof *dlens; d++)
      for (int n = 0; n < 40; n++) {
        struct bundle b;
        if (!random_single(&r, &op_table[i], dlens[d], 1 << 24, &b))
          break;
        check_bundle(&b, dlens[d]);
        found++;
      }
    if (found < 120) /* a row may need DLEN 128, as DTDOT */
      T_FAIL("%s: only %d legal bundles found", op_table[i].name, found);
  }
}

T_TEST(round_trip, bundles_of_three_operations_with_marks)
{
  struct random r = {2};
  for (int n = 0; n < 2000; n++) {
    struct bundle b;
    unsigned dlen = dlens[n % 4];
    random_bundle(&r, dlen, 1000, &b);
    if (b.slot[PIPE_D].op != OP_DBR && b.slot[PIPE_C].op != OP_CSPAWN)
      b.loop_ends = (uint8_t)random_below(&r, 16);
    check_bundle(&b, dlen);
  }
}

T_TEST(round_trip, random_objects)
{
  struct random r = {3};
  int sections = 0, labels = 0;
  for (int n = 0; n < 200; n++) {
    struct object o;
    struct vtpu_error err;
    char what[32];
    random_object(&r, &o);
    snprintf(what, sizeof what, "object %d", n);
    if (object_check(&o, &err)) {
      T_FAIL("%s is not legal: %s", what, err.message);
    } else {
      check_round_trip(what, &o);
      size_t bytes;
      char *text = text_of_object(&o, &bytes);
      sections += text && o.sentron_count && !strstr(text, ", entry=");
      labels += text && o.symbol_count && !strstr(text, ".symbol");
      free(text);
    }
    object_free_parts(&o);
  }
  T_CHECK(sections > 15); /* both forms took part */
  T_CHECK(labels > 15);
}

/* All bf16 patterns and a stride through those of f32. */
T_TEST(round_trip, floating_point_immediates)
{
  struct bundle b = {0};
  struct slot *s = &b.slot[PIPE_D];
  s->op = OP_DMOVI;
  s->type = ELEM_BF16;
  for (int32_t bits = 0; bits <= 0xffff; bits++) {
    s->imm = bits;
    check_bundle(&b, 64);
  }
  s->type = ELEM_F32;
  for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 1048573) {
    s->imm = (int32_t)(uint32_t)bits;
    check_bundle(&b, 64);
  }
}

T_TEST(round_trip, float_text_is_short)
{
  char text[FLOAT_TEXT_BYTES];
  T_EQ_STR(f32_print(0x3f800000, text), "1.0");
  T_EQ_STR(f32_print(0x3dcccccd, text), "0.1");
  T_EQ_STR(f32_print(0x80000000, text), "-0.0");
  T_EQ_STR(f32_print(0x00000001, text), "1e-45");
  T_EQ_STR(f32_print(0x7f7fffff, text), "3.4028235e+38");
  T_EQ_STR(f32_print(0x7f800000, text), "inf");
  T_EQ_STR(f32_print(0xff800000, text), "-inf");
  T_EQ_STR(f32_print(0x7fc00000, text), "nan");
  T_EQ_STR(f32_print(0xffc00001, text), "0xffc00001");
}

T_TEST(round_trip, names_are_quoted_only_where_needed)
{
  char text[NAME_TEXT_BYTES];
  T_EQ_STR(name_print("loop_1$", text), "loop_1$");
  T_EQ_STR(name_print("", text), "\"\"");
  T_EQ_STR(name_print("1st", text), "\"1st\"");
  T_EQ_STR(name_print("a b\"c\\", text), "\"a b\\\"c\\\\\"");
  T_EQ_STR(name_print("\x01", text), "\"\\x01\"");
}

/* What one SIW looks like, for readers of traces. */
T_TEST(round_trip, text_of_a_bundle)
{
  struct bundle b;
  char text[BUNDLE_TEXT_BYTES];
  T_REQUIRE(assemble_siw("siw",
                         "{ cstep.c P0,D3,-1 | dfma.f32 R1,r2,r3[5],r1 | sgather.m r2,[p7],8,at 4}"
                         " :l0 :l2",
                         512, &b, NULL) == VTPU_OK);
  T_EQ_STR(bundle_print(&b, NULL, text),
           "{ DFMA.f32 r1, r2, r3[5], r1 | SGATHER.m r2, [p7], 8, at 4 | CSTEP.c p0, d3, -1 } "
           ":l0:l2");
  T_REQUIRE(assemble_siw("siw", "{ DBR.z r1[0], @12 }", 512, &b, NULL) == VTPU_OK);
  T_EQ_STR(bundle_print(&b, NULL, text), "{ DBR.z r1[0], @12 | - | - }");
}

/* What has no text is refused, not left out. */
T_TEST(round_trip, host_steps_with_unused_fields)
{
  struct object_host steps[] = {
      {.kind = HOST_WRITE, .name = "x"},
      {.kind = HOST_WRITE, .index = 1},
      {.kind = HOST_PRINT, .value = 1},
      {.kind = HOST_READ, .value = 1},
      {.kind = HOST_RUN, .value = 1, .coord = {1, 0}},
  };
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    struct object o = {.dlen = 64, .hosts = &steps[i], .host_count = 1};
    struct vtpu_error err = {0};
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    T_EQ(disassemble(&o, out, &err), VTPU_INPUT);
    T_CONTAINS(err.message, "host step 0: a field");
    fclose(out);
    free(text);
  }
}

T_TEST(round_trip, damaged_code_is_refused)
{
  struct siw siw = {{0, 0x10}};
  struct object o = {.dlen = 64, .code = &siw, .siw_count = 1};
  struct vtpu_error err = {0};
  char *text = NULL;
  size_t bytes = 0;
  FILE *out = open_memstream(&text, &bytes);
  siw.bytes[2] = 1;
  T_EQ(disassemble(&o, out, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "SIW 0: header: byte 2");
  fclose(out);
  free(text);
}
