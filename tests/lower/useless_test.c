/* No useless operations: taking any operation out of any kernel of a transformer, in every type,
 * changes what the kernel computes.
 *
 * Left out: a prefetch, which computes nothing (what it is worth is tested with the cycles that it
 * saves); operations that choose one of two values, which a few states of memory do not all show;
 * in the logits the index that only logits which are no numbers need; the test of a count that is
 * in a register, for other counts. */
#include "asm/lower/plan.h"
#include "tests/harness/harness.h"
#include "tests/lower/kernel_program.h"

#include <stdlib.h>
#include <string.h>

/* A constant of rope that comes, for the next head, into the register which happens to hold it
 * still. Held for all heads on purpose, two such constants cost rope 5 % of its cycles (layer-256:
 * 361 to 380): their registers are needed. */
enum { RELOADS_MOST = 1 };
enum { STATES = 20, POSITIONS = 48, PROMPT = 8, SIWS_MOST = 50000 };

static const struct random_shape shape = {.hidden = 40,
                                          .layers = 1,
                                          .heads = 4,
                                          .kv_heads = 2,
                                          .head_dim = 16,
                                          .ffn = 64,
                                          .vocab = 48,
                                          .context = 64,
                                          .rope = ROPE_HALVES,
                                          .qk_norm = true};

/* What kernels are run on: memory as it is between kernels, but for inputs and outputs, which come
 * from elsewhere, so that what is left from before is never what the kernel should write. */
struct states {
  uint8_t *memory[STATES], *want[STATES];
};

static bool copy_in(struct interp *in, const struct kernel_source *s, const uint8_t *memory)
{
  const struct object *o = &s->lowered.object;
  for (uint32_t i = 0; i < o->region_count; i++) {
    size_t bytes = kernel_region_bytes(&o->regions[i]);
    if (o->regions[i].kind == REGION_ROM)
      continue;
    if (!interp_poke(in, o->regions[i].lo, memory, bytes))
      return false;
    memory += bytes;
  }
  return true;
}

static bool copy_out(struct interp *in, const struct kernel_source *s, uint8_t *memory)
{
  const struct object *o = &s->lowered.object;
  for (uint32_t i = 0; i < o->region_count; i++) {
    size_t bytes = kernel_region_bytes(&o->regions[i]);
    if (o->regions[i].kind == REGION_ROM)
      continue;
    if (!interp_peek(in, o->regions[i].lo, memory, bytes))
      return false;
    memory += bytes;
  }
  return true;
}

/* Numbers around 1 as f32 and as bf16, and any as i8. */
static void randomise(uint8_t *at, size_t bytes, uint64_t *random)
{
  for (size_t i = 0; i + 1 < bytes; i += 2) {
    uint64_t bits = random_next(random) >> 40;
    uint16_t half = (uint16_t)((bits & 0x80ff) | (0x3e80 + (bits >> 16 & 0x100)));
    memcpy(at + i, &half, sizeof half);
  }
}

/* Other activations, on which other lines decide what is greatest. In the sentron's own region
 * normed and staged vectors follow the control cell. not_numbers: the best of such logits has an
 * index, too. */
static bool other_activations(const struct kernel_source *s, uint8_t *memory, uint64_t seed,
                              bool not_numbers)
{
  enum { VECTORS = (3 + 4) * CELL_BYTES };
  static const char *const regions[] = {"residual", "qkv", "mixed", "gated"};
  uint64_t random = 2 * seed + 1;
  uint8_t *own = kernel_memory_of(s, memory, "s0.scratch");
  for (size_t r = 0; r < sizeof regions / sizeof *regions; r++) {
    uint8_t *at = kernel_memory_of(s, memory, regions[r]);
    if (!at)
      return false;
    randomise(at, PAGE_BYTES, &random);
  }
  randomise(own + CELL_BYTES, VECTORS, &random);
  uint8_t *best = kernel_memory_of(s, memory, "best");
  if (!best)
    return false;
  memset(best, 0x55, PAGE_BYTES);
  if (not_numbers) {
    memset(own + CELL_BYTES, 0xff, VECTORS);
    memset(own + CONTROL_SCALE, 0xff, 4);
  }
  return true;
}

/* block: as they are for the kernels of a block, else for those of a single position. */
static bool states_open(struct states *st, const struct kernel_source *s, bool block)
{
  uint8_t *from[STATES + 1];
  bool ok = true;
  memset(st, 0, sizeof *st);
  for (int i = 0; i <= STATES; i++) {
    int prompt = PROMPT - i % 3,
        steps = block ? prompt : prompt + 1 + 2 * i % (POSITIONS - PROMPT - 1);
    from[i] = kernel_memory(s, steps, prompt, (uint64_t)(i + 1));
    ok &= from[i] != NULL;
  }
  for (int i = 0; i < STATES && ok; i++) {
    st->memory[i] = malloc(s->memory_bytes);
    st->want[i] = malloc(s->memory_bytes);
    ok = st->memory[i] && st->want[i];
    if (!ok)
      break;
    memcpy(st->memory[i], from[i + 1], s->memory_bytes);
    uint8_t *own = kernel_memory_of(s, st->memory[i], "s0.scratch");
    memcpy(own, kernel_memory_of(s, from[i], "s0.scratch"), s->scratch_bytes);
    own[CONTROL_POSITION] = (uint8_t)((own[CONTROL_POSITION] + 7 * i) % POSITIONS);
    own[CONTROL_ROWS] = (uint8_t)(BLOCK_ROWS_LEAST + i % (PROMPT - 1));
    ok = other_activations(s, st->memory[i], (uint64_t)i, i == STATES - 1);
  }
  for (int i = 0; i <= STATES; i++)
    free(from[i]);
  return ok;
}

static void states_close(struct states *st)
{
  for (int i = 0; i < STATES; i++) {
    free(st->memory[i]);
    free(st->want[i]);
  }
}

/* Runs the kernel; what registers hold before it starts is of no use. */
static bool run(struct interp *in, const struct kernel_source *s, const uint8_t *memory,
                uint8_t *out)
{
  struct interp_sentron *t = &in->sentron[0];
  memset(t->r, 0x7e, sizeof t->r);
  memset(t->p, 0, sizeof t->p);
  memset(t->l, 0, sizeof t->l);
  return copy_in(in, s, memory) && interp_run(in, SIWS_MOST) && copy_out(in, s, out);
}

/* What the head of this file leaves out. */
static bool left_out(const char *kernel, enum pipe pipe, const struct slot *s)
{
  bool logits = strcmp(kernel, "logits") == 0;
  switch (pipe) {
  case PIPE_D:
    return s->op == OP_DMAX || s->op == OP_DMIN || s->op == OP_DSEL || s->op == OP_DCMP ||
           (logits && (s->op == OP_DMOV || s->op == OP_DMOVI || s->op == OP_DADD));
  case PIPE_S: return s->op == OP_SPREFCH;
  default: return s->op == OP_CHALT || (s->op == OP_CLOOP && s->cnt);
  }
}

/* Does anything change without slot `pipe` of SIW i? */
static bool matters(struct interp *in, const struct kernel_source *s, const struct states *st,
                    uint32_t i, enum pipe pipe, uint8_t *got)
{
  struct slot *slot = &in->code[i].slot[pipe], kept = *slot;
  bool other = false;
  memset(slot, 0, sizeof *slot);
  for (int k = 0; k < STATES && !other; k++)
    other = !run(in, s, st->memory[k], got) || memcmp(got, st->want[k], s->memory_bytes) != 0;
  *slot = kept;
  return other;
}

/* Operations that were taken out, and how many of them were not missed. */
struct tally {
  int operations, reloads;
};

static void check_kernel(const struct kernel_source *s, struct states *st,
                         const struct lower_kernel *k, uint8_t *got, struct tally *t)
{
  struct kernel_alone a;
  struct interp in;
  const char *name = kernel_name(s, k);
  if (!kernel_alone_open(&a, s, k))
    return;
  bool ok = interp_open(&in, &a.object, 1);
  for (int i = 0; i < STATES && ok; i++)
    ok = run(&in, s, st->memory[i], st->want[i]);
  if (!ok)
    T_FAIL("%s: %s", name, in.error);
  for (uint32_t i = 0; i < a.object.siw_count && ok; i++)
    for (int p = 0; p < PIPE_COUNT; p++) {
      const struct slot slot = in.code[i].slot[p];
      if (slot.op == 0 || left_out(name, (enum pipe)p, &slot))
        continue;
      t->operations++;
      if (matters(&in, s, st, i, (enum pipe)p, got))
        continue;
      bool load = slot.op == OP_SGATHER && p == PIPE_S, constant = slot.op == OP_DMOVI && !p;
      if ((!load && !constant) || ++t->reloads > RELOADS_MOST)
        T_FAIL("%s: SIW %u of %u does without its %s", name, i, a.object.siw_count,
               op_find((enum pipe)p, (unsigned)slot.op)->mnemonic);
    }
  interp_close(&in);
  kernel_alone_close(&a);
}

static bool is_product(const struct kernel_source *s, const struct lower_kernel *k)
{
  static const char *const names[] = {"qkv", "wo", "gate_up", "down"};
  bool is = false;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    is |= strcmp(kernel_name(s, k), names[i]) == 0;
  return is;
}

static void check_kernels(struct number_types types)
{
  struct kernel_source s;
  struct states st;
  T_REQUIRE(kernel_source_open(&s, &shape, false, types, PROMPT, POSITIONS - PROMPT + 1));
  uint8_t *got = malloc(s.memory_bytes);
  struct tally t = {0, 0};
  for (int block = 0; block < 2 && got; block++) {
    bool ok = states_open(&st, &s, block);
    T_CHECK(ok);
    for (size_t i = 0; i < s.lowered.kernel_count && ok; i++)
      if (kernel_of_block(&s, &s.lowered.kernels[i]) == block &&
          (!block || is_product(&s, &s.lowered.kernels[i])))
        check_kernel(&s, &st, &s.lowered.kernels[i], got, &t);
    states_close(&st);
  }
  T_CHECK(t.operations > 1500);
  free(got);
  kernel_source_close(&s);
}

T_TEST(lower_useless, every_operation_of_an_f32_kernel_is_needed)
{
  check_kernels((struct number_types){NUMBER_F32, NUMBER_F32, NUMBER_F32});
}

T_TEST(lower_useless, every_operation_of_a_bf16_kernel_is_needed)
{
  check_kernels((struct number_types){NUMBER_BF16, NUMBER_BF16, NUMBER_BF16});
}

T_TEST(lower_useless, every_operation_of_an_i8_kernel_is_needed)
{
  check_kernels((struct number_types){NUMBER_I8, NUMBER_I8, NUMBER_I8});
}

T_TEST(lower_useless, every_operation_of_a_t2_kernel_is_needed)
{
  check_kernels((struct number_types){NUMBER_T2, NUMBER_T2, NUMBER_BF16});
}
