/* See kernel_program.h. */
#include "tests/lower/kernel_program.h"

#include "tests/harness/harness.h"

#include <stdlib.h>
#include <string.h>

enum { DLEN = 512, SIWS_MOST = 10000000 };

size_t kernel_region_bytes(const struct object_region *r)
{
  size_t pages = 1;
  for (int d = 0; d < COORD_DIMS; d++)
    pages *= r->extent[d];
  return pages * PAGE_BYTES;
}

bool kernel_source_open(struct kernel_source *s, const struct random_shape *shape, bool strict,
                        struct number_types types, int prompt, int tokens)
{
  int ids[64] = {0};
  struct vtpu_error err;
  struct lower_options o = {.dlen = DLEN,
                            .sentrons = 1,
                            .cores = 8,
                            .contexts = 2,
                            .prompts = {{ids, prompt}},
                            .max_tokens = tokens,
                            .types = types};
  memset(s, 0, sizeof *s);
  bool ok = strict ? random_ternary_model(shape, 5, &s->model) : random_model(shape, 5, &s->model);
  if (!ok || lower_model(&s->model, &o, &s->lowered, &err)) {
    T_FAIL("%s", ok ? err.message : "no memory");
    random_model_free(&s->model);
    return false;
  }
  for (uint32_t i = 0; i < s->lowered.object.region_count; i++) {
    const struct object_region *r = &s->lowered.object.regions[i];
    s->memory_bytes += r->kind == REGION_ROM ? 0 : kernel_region_bytes(r);
    if (strcmp(r->name, "s0.scratch") == 0)
      s->scratch_bytes = kernel_region_bytes(r);
  }
  return true;
}

void kernel_source_close(struct kernel_source *s)
{
  lower_result_free(&s->lowered);
  random_model_free(&s->model);
}

static bool set_i32(struct interp *in, struct coord at, int byte, int32_t value)
{
  return coord_step(&at, AXIS_BYTE, byte, false, CURVE_ZORDER) &&
         interp_poke(in, at, &value, sizeof value);
}

uint8_t *kernel_memory(const struct kernel_source *s, int steps, int prompt, uint64_t seed)
{
  const struct object *o = &s->lowered.object;
  struct interp in;
  uint64_t random = seed * 2 + 1;
  uint8_t *memory = malloc(s->memory_bytes);
  bool ok = memory && interp_open(&in, o, 1);
  for (int i = 0; i < s->lowered.token_count && ok; i++)
    ok = set_i32(&in, s->lowered.tokens, 4 * i,
                 (int32_t)(random_next(&random) % (uint64_t)s->model.config.vocab));
  ok = ok && set_i32(&in, s->lowered.state, STATE_STEPS, steps) &&
       set_i32(&in, s->lowered.state, STATE_PROMPT, prompt) && interp_run(&in, SIWS_MOST);
  size_t at = 0;
  for (uint32_t i = 0; i < o->region_count && ok; i++) {
    if (o->regions[i].kind == REGION_ROM)
      continue;
    size_t bytes = kernel_region_bytes(&o->regions[i]);
    ok = interp_peek(&in, o->regions[i].lo, memory + at, bytes);
    at += bytes;
  }
  if (!ok) {
    T_FAIL("%s", in.error);
    free(memory);
    memory = NULL;
  }
  interp_close(&in);
  return memory;
}

uint8_t *kernel_memory_of(const struct kernel_source *s, uint8_t *memory, const char *region)
{
  const struct object *o = &s->lowered.object;
  for (uint32_t i = 0; i < o->region_count; i++) {
    if (strcmp(o->regions[i].name, region) == 0)
      return memory;
    if (o->regions[i].kind != REGION_ROM)
      memory += kernel_region_bytes(&o->regions[i]);
  }
  return NULL;
}

bool kernel_alone_open(struct kernel_alone *a, const struct kernel_source *s,
                       const struct lower_kernel *k)
{
  const struct object *o = &s->lowered.object;
  size_t count = k->end - k->first;
  struct bundle *b = calloc(count + 1, sizeof *b);
  struct vtpu_error err;
  bool branches = false;
  memset(a, 0, sizeof *a);
  vtpu_fail(&err, VTPU_SYSTEM, "no memory");
  a->code = calloc(count + 1, sizeof *a->code);
  bool ok = b && a->code && count > 0;
  for (size_t i = 0; i < count && ok; i++) {
    ok = siw_decode(&o->code[k->first + i], o->dlen, &b[i], &err) == 0;
    branches |= b[i].slot[PIPE_D].op == OP_DBR || b[i].slot[PIPE_C].op == OP_CHALT;
    if (b[i].slot[PIPE_C].op == OP_CLOOP)
      b[i].slot[PIPE_C].end -= (int32_t)k->first;
  }
  if (ok && !branches) {
    a->halt_added = b[count - 1].slot[PIPE_C].op != 0 || b[count - 1].loop_ends;
    count += a->halt_added;
    b[count - 1].slot[PIPE_C].op = OP_CHALT;
    bundle_set_deps(b, count);
    for (size_t i = 0; i < count && ok; i++)
      ok = siw_encode(&b[i], &a->code[i], &err) == 0;
    a->sentron = o->sentrons[0];
    a->sentron.entry = 0;
    a->sentron.end = (uint32_t)count;
    a->object = *o;
    a->object.code = a->code;
    a->object.siw_count = (uint32_t)count;
    a->object.sentrons = &a->sentron;
    a->object.mark_count = a->object.symbol_count = 0;
    ok = ok && object_check(&a->object, &err) == 0;
  }
  free(b);
  if (!ok)
    T_FAIL("%s: %s", kernel_name(s, k), err.message);
  if (!ok || branches)
    kernel_alone_close(a);
  return ok && !branches;
}

void kernel_alone_close(struct kernel_alone *a)
{
  free(a->code);
  a->code = NULL;
}

const char *kernel_name(const struct kernel_source *s, const struct lower_kernel *k)
{
  const struct object *o = &s->lowered.object;
  for (uint32_t i = 0; i < o->mark_count; i++)
    if (o->marks[i].first <= k->first && k->first <= o->marks[i].last)
      return o->marks[i].kernel;
  return "?";
}

bool kernel_of_block(const struct kernel_source *s, const struct lower_kernel *k)
{
  const struct object *o = &s->lowered.object;
  for (uint32_t i = 0; i < o->symbol_count; i++)
    if (strcmp(o->symbols[i].name, "s0.token") == 0)
      return k->first < o->symbols[i].siw;
  return false;
}
