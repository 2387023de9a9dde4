/* CMERGE of the RTL against a plain one in the host's arithmetic (not isa/num.h): every mode and
 * type, any members, messages that are alike or near the corners of f32. VTPU_LONG=1: 10^7. */
#include "isa/isa.h"
#include "rtl/tb/merge.h"
#include "tests/rtl/corners.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES = 4 * MERGE_MESSAGE_WORDS };

/* A lane of a message as an integer with its sign. */
static int64_t lane_of(const struct merge_in *in, int i, unsigned lane)
{
  int64_t wide;
  int32_t narrow;
  if (in->type == ELEM_I64)
    return memcpy(&wide, (const char *)in->message[i] + 8 * lane, 8), wide;
  return memcpy(&narrow, (const char *)in->message[i] + 4 * lane, 4), narrow;
}

static float as_f32(int64_t lane)
{
  uint32_t bits = (uint32_t)lane;
  float f;
  memcpy(&f, &bits, 4);
  return f;
}

static int64_t from_f32(float f)
{
  uint32_t bits = 0x7fc00000;
  if (!isnan(f))
    memcpy(&bits, &f, 4);
  return (int32_t)bits;
}

static int64_t fold(const struct merge_in *in, int64_t a, int64_t b)
{
  if (in->mode == MERGE_sum)
    return in->type == ELEM_F32 ? from_f32(as_f32(a) + as_f32(b))
                                : (int64_t)((uint64_t)a + (uint64_t)b);
  if (in->type != ELEM_F32)
    return a > b ? a : b;
  float x = as_f32(a), y = as_f32(b);
  if (isnan(x) || isnan(y))
    return from_f32(NAN);
  /* +0 is larger than -0. */
  return x > y || (x == y && !signbit(x)) ? a : b;
}

static int64_t most_frequent(const struct merge_in *in, const int *who, int n, unsigned lane)
{
  int most = 0;
  int64_t best = 0;
  for (int i = 0; i < n; i++) {
    int votes = 0;
    for (int j = 0; j < n; j++)
      votes += lane_of(in, who[i], lane) == lane_of(in, who[j], lane);
    if (votes > most) {
      most = votes;
      best = lane_of(in, who[i], lane);
    }
  }
  return best;
}

static void model(const struct merge_in *in, uint32_t y[MERGE_RESULT_WORDS])
{
  int who[MERGE_MESSAGES], n = 0;
  unsigned step = in->type == ELEM_I64 ? 8 : 4;
  memset(y, 0, 4 * MERGE_RESULT_WORDS);
  for (int i = 0; i < MERGE_MESSAGES; i++)
    if (in->members >> i & 1)
      who[n++] = i;
  for (int i = 0; i < n && i < 2 && in->mode == MERGE_concat; i++)
    memcpy(y + i * MERGE_MESSAGE_WORDS, in->message[who[i]], BYTES);
  for (unsigned lane = 0; lane < BYTES / step && in->mode != MERGE_concat && n; lane++) {
    int64_t v = lane_of(in, who[0], lane);
    for (int i = 1; i < n; i++)
      v = fold(in, v, lane_of(in, who[i], lane));
    if (in->mode == MERGE_vote)
      v = most_frequent(in, who, n, lane);
    memcpy((char *)y + step * lane, &v, step);
  }
}

static void random_messages(struct merge_in *in, unsigned long long *s)
{
  static const unsigned types[] = {ELEM_F32, ELEM_I32, ELEM_I64};
  static const unsigned modes[] = {MERGE_concat, MERGE_sum, MERGE_max, MERGE_vote};
  in->type = types[t_random(s) % 3];
  in->mode = modes[t_random(s) % 4];
  in->members = (unsigned)t_random(s) & 0xffff;
  if (t_random(s) % 2) /* few, as where subnormals do not drown */
    in->members &= (unsigned)t_random(s) & (unsigned)t_random(s);
  unsigned kind = (unsigned)(t_random(s) % 4);
  for (int i = 0; i < MERGE_MESSAGES; i++)
    for (int w = 0; w < MERGE_MESSAGE_WORDS; w++) {
      uint32_t v = corner(s);
      if (kind == 0)
        v = (uint32_t)t_random(s) % 3; /* votes */
      if (kind == 1)
        v = (v & 0x807fffff) | (uint32_t)(t_random(s) % 40 + 1) << 23; /* near in magnitude */
      if (kind == 2 && i > 0 && t_random(s) % 2)
        v = in->message[i - 1][w] ^ 0x80000000 ^ (uint32_t)(t_random(s) % 2); /* cancels */
      in->message[i][w] = v;
    }
}

T_TEST(rtl, merges_are_the_hosts)
{
  enum { QUICK = 100000, LONG = 10000000 };
  long count = getenv("VTPU_LONG") ? LONG : QUICK;
  struct merge_unit *u = merge_new();
  struct merge_in in;
  unsigned long long s = 1;
  int wrong = 0;
  for (long i = 0; i < count && wrong < 5; i++) {
    uint32_t want[MERGE_RESULT_WORDS], y[MERGE_RESULT_WORDS];
    random_messages(&in, &s);
    model(&in, want);
    merge_run(u, &in, y);
    for (int w = 0; w < MERGE_RESULT_WORDS && wrong < 5; w++)
      if (y[w] != want[w]) {
        T_FAIL("merge %ld, type %u, mode %u, members %04x: word %d is %08x, RTL %08x", i, in.type,
               in.mode, in.members, w, want[w], y[w]);
        wrong++;
      }
  }
  merge_free(u);
}
