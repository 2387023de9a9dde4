/* What vtpu_observe tells of an issue's operands and results, over random programs (the generator
 * of tests/exact): operands are what a second run, stopped at that cycle, has in its registers, and
 * what the last result that was told left there, of gathers, messages and collectives too. */
#include "tests/exact/generate.h"
#include "tests/harness/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
enum { PROGRAMS = 3 };
#else
enum { PROGRAMS = 12 };
#endif

struct told {
  struct vtpu_issue *issue;
  size_t count, room;
};

static void tell(void *user, const struct vtpu_issue *issue)
{
  struct told *t = user;
  if (t->count == t->room) {
    t->room = t->room ? 2 * t->room : 1024;
    t->issue = realloc(t->issue, t->room * sizeof *t->issue);
  }
  t->issue[t->count++] = *issue;
}

static unsigned index_of(const struct object *o, const struct vtpu_issue *i)
{
  for (uint32_t k = 0; k < o->sentron_count; k++)
    if (o->sentrons[k].node == i->node && o->sentrons[k].id == i->sentron)
      return k;
  return 0;
}

static struct vtpu *begin(const struct exact_case *e, struct told *told)
{
  struct vtpu_error err;
  struct vtpu *v;
  const struct vtpu_options options = {.untimed = e->untimed, .threads = e->threads};
  if (vtpu_new(&e->machine, &e->object, &options, &v, &err)) {
    T_FAIL("%s", err.message);
    return NULL;
  }
  if (told)
    vtpu_observe(v, tell, told);
  return v;
}

/* A run stopped at every cycle has what the issues of that cycle are told to read. */
static unsigned long compare_state(const struct exact_case *e, const struct told *told,
                                   uint64_t before, const char *name)
{
  struct vtpu *v = begin(e, NULL);
  struct vtpu_error err;
  enum vtpu_status status = VTPU_RUNNING;
  unsigned long compared = 0;
  uint64_t at = 0;
  for (size_t i = 0; v && i < told->count && told->issue[i].cycle < before; i++) {
    const struct vtpu_issue *issue = &told->issue[i];
    if (issue->cycle > at && status == VTPU_RUNNING &&
        vtpu_run(v, at = issue->cycle, &status, &err))
      break; /* a fault of this cycle, of another node perhaps */
    for (unsigned k = 0; k < issue->operand_count; k++, compared++) {
      const struct vtpu_value *o = &issue->operand[k];
      uint8_t bytes[64];
      int count = vtpu_register(v, index_of(&e->object, issue), o->reg, bytes);
      if (count != o->bytes || memcmp(bytes, o->value, (size_t)count) != 0) {
        T_FAIL("%s: SIW %u, cycle %llu, sentron %u.%u: operand %u is told otherwise", name,
               issue->siw, (unsigned long long)issue->cycle, issue->node, issue->sentron, o->reg);
        break;
      }
    }
  }
  vtpu_free(v);
  return compared;
}

/* A register has what was last written to it. Without host steps, which write registers too. */
static unsigned long compare_results(const struct exact_case *e, const struct told *told,
                                     const char *name)
{
  struct shadow {
    bool known;
    uint8_t value[64];
  }(*shadow)[REG_COUNT] = calloc(e->object.sentron_count + 1, sizeof *shadow);
  unsigned long compared = 0;
  for (size_t i = 0; i < told->count && !e->object.host_count; i++) {
    const struct vtpu_issue *issue = &told->issue[i];
    struct shadow *own = shadow[index_of(&e->object, issue)];
    for (unsigned k = 0; k < issue->operand_count; k++) {
      const struct vtpu_value *o = &issue->operand[k];
      compared += own[o->reg].known;
      if (own[o->reg].known && memcmp(own[o->reg].value, o->value, o->bytes) != 0) {
        T_FAIL("%s: SIW %u, cycle %llu, sentron %u.%u: operand %u is not the result before", name,
               issue->siw, (unsigned long long)issue->cycle, issue->node, issue->sentron, o->reg);
        i = told->count;
        break;
      }
    }
    for (unsigned k = 0; k < issue->result_count; k++) {
      own[issue->result[k].reg].known = true;
      memcpy(own[issue->result[k].reg].value, issue->result[k].value, issue->result[k].bytes);
    }
  }
  free(shadow);
  return compared;
}

static void values_level(enum generate_level level, unsigned long least)
{
  unsigned long state = 0, results = 0;
  for (uint64_t seed = 1; seed <= PROGRAMS; seed++) {
    struct exact_case e;
    struct told told = {0};
    struct vtpu_error err;
    enum vtpu_status status = VTPU_RUNNING;
    char name[64];
    exact_generate(seed, level, &e);
    snprintf(name, sizeof name, "level %d, seed %llu", level, (unsigned long long)seed);
    struct vtpu *v = begin(&e, &told);
    const bool failed = v && vtpu_run(v, UINT64_MAX, &status, &err) != 0;
    const uint64_t end = failed && told.count ? told.issue[told.count - 1].cycle : UINT64_MAX;
    if (v && !failed)
      T_EQ((unsigned long long)vtpu_siws(v), (unsigned long long)told.count);
    state += compare_state(&e, &told, end, name);
    results += compare_results(&e, &told, name);
    vtpu_free(v);
    free(told.issue);
    exact_case_free(&e);
  }
  T_CHECK(state > least && results > least);
}

T_TEST(values, dense_programs)
{
  values_level(LEVEL_DENSE, 1000);
}

T_TEST(values, memory)
{
  values_level(LEVEL_MEMORY, 1000);
}

T_TEST(values, messages)
{
  values_level(LEVEL_MESSAGES, 1000);
}

T_TEST(values, everything)
{
  values_level(LEVEL_ALL, 100);
}

T_TEST(values, faults)
{
  values_level(LEVEL_FAULTS, 10);
}
