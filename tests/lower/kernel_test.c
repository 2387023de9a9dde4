/* Every kernel of a transformer, in every type: the cycles that were predicted are those of the
 * simulator when all data is in L1. */
#include "tests/harness/harness.h"
#include "tests/lower/kernel_program.h"

#include "sim/vtpu.h"

#include <stdlib.h>
#include <string.h>

/* Matrices of a few blocks; all data of a kernel fits L1 even as f32. */
static const struct random_shape small = {.hidden = 48,
                                          .layers = 1,
                                          .heads = 4,
                                          .kv_heads = 2,
                                          .head_dim = 16,
                                          .ffn = 64,
                                          .vocab = 80,
                                          .context = 64,
                                          .rope = ROPE_HALVES,
                                          .qk_norm = true};

static const struct number_types types[] = {
    {NUMBER_F32, NUMBER_F32, NUMBER_F32},
    {NUMBER_BF16, NUMBER_BF16, NUMBER_BF16},
    {NUMBER_I8, NUMBER_I8, NUMBER_I8},
    {NUMBER_T2, NUMBER_I8, NUMBER_BF16},
};

static bool poke(struct vtpu *v, const struct kernel_source *s, const uint8_t *memory,
                 struct vtpu_error *err)
{
  const struct object *o = &s->lowered.object;
  uint8_t *at = (uint8_t *)(uintptr_t)memory;
  for (uint32_t i = 0; i < o->region_count; i++) {
    if (o->regions[i].kind == REGION_ROM)
      continue;
    size_t bytes = kernel_region_bytes(&o->regions[i]);
    if (vtpu_poke_run(v, 0, o->regions[i].lo, at, bytes, err))
      return false;
    at += bytes;
  }
  return true;
}

static uint64_t sentron_cycles(const struct vtpu *v)
{
  struct vtpu_statistics *s;
  struct vtpu_error err;
  if (vtpu_statistics(v, &s, &err))
    return 0;
  uint64_t cycles = s->sentrons[0].counts.cycles;
  vtpu_statistics_free(s);
  return cycles;
}

/* Cycles of the second run, whose data is in L1. */
static uint64_t simulate(const struct kernel_source *s, const struct kernel_alone *a,
                         const uint8_t *memory)
{
  struct machine machine;
  struct vtpu *v = NULL;
  struct vtpu_error err;
  enum vtpu_status status;
  uint64_t first = 0, cycles = 0;
  bool ok = machine_load("spec", &machine, &err) == 0 &&
            vtpu_new(&machine, &a->object, NULL, &v, &err) == 0 && poke(v, s, memory, &err) &&
            vtpu_run(v, UINT64_MAX, &status, &err) == 0;
  if (ok)
    first = sentron_cycles(v);
  ok = ok && vtpu_restart(v, 1, &err) == 0 && vtpu_run(v, UINT64_MAX, &status, &err) == 0;
  if (ok)
    cycles = sentron_cycles(v) - first;
  else
    T_FAIL("%s", err.message);
  vtpu_free(v);
  return cycles;
}

/* The host reads and writes it, so it is shared and never in L1. */
static bool reads_state(const char *name)
{
  return strcmp(name, "start") == 0 || strcmp(name, "take") == 0 || strcmp(name, "next") == 0;
}

/* block: the kernels of a block of the prompt, else those of single positions. */
static int check_kernels(const struct kernel_source *s, const uint8_t *memory, bool block)
{
  int checked = 0;
  for (size_t i = 0; i < s->lowered.kernel_count; i++) {
    const struct lower_kernel *k = &s->lowered.kernels[i];
    struct kernel_alone a;
    if (kernel_of_block(s, k) != block || reads_state(kernel_name(s, k)) ||
        !kernel_alone_open(&a, s, k))
      continue;
    uint64_t cycles = simulate(s, &a, memory);
    /* The CHALT's own SIW takes a cycle, unless a result is owed longer. */
    if (cycles != k->cycles && !(a.halt_added && cycles == k->cycles + 1))
      T_FAIL("%s of %s: %llu cycles predicted, %llu simulated", kernel_name(s, k),
             block ? "a block" : "a position", (unsigned long long)k->cycles,
             (unsigned long long)cycles);
    kernel_alone_close(&a);
    checked++;
  }
  return checked;
}

/* Rounds are as many as the lowering expects: 4 of the prompt's 8 positions, two at a time, and one
 * block of positions for the caches. */
T_TEST(kernel, predicted_cycles_are_simulated_cycles)
{
  for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
    struct kernel_source s;
    T_REQUIRE(kernel_source_open(&s, &small, false, types[t], 8, 9));
    uint8_t *prompt = kernel_memory(&s, 8, 8, 3), *step = kernel_memory(&s, 16, 8, 3);
    T_REQUIRE(prompt && step);
    T_CHECK(check_kernels(&s, prompt, true) > 10);
    T_CHECK(check_kernels(&s, step, false) > 10);
    free(prompt);
    free(step);
    kernel_source_close(&s);
  }
}
