/* See cut.h. */
#include "tests/checkpoint/cut.h"

#include "tests/harness/harness.h"

#include <stdio.h>
#include <string.h>

/* --- files --------------------------------------------------------------------------------------
 */

char *file_bytes(const char *path, size_t *bytes)
{
  FILE *f = fopen(path, "rb");
  if (!f)
    return NULL;
  fseek(f, 0, SEEK_END);
  long size = ftell(f);
  rewind(f);
  char *out = malloc((size_t)size + 1);
  *bytes = out && fread(out, 1, (size_t)size, f) == (size_t)size ? (size_t)size : 0;
  fclose(f);
  return out;
}

bool file_write(const char *path, const void *bytes, size_t count)
{
  FILE *f = fopen(path, "wb");
  if (!f)
    return false;
  bool good = fwrite(bytes, 1, count, f) == count;
  return fclose(f) == 0 && good;
}

const char *scratch(const char *name)
{
  static char paths[8][512];
  static char names[8][32];
  static unsigned used;
  for (unsigned i = 0; i < used; i++)
    if (strcmp(names[i], name) == 0)
      return paths[i];
  if (used == 8)
    abort();
  snprintf(names[used], sizeof names[used], "%s", name);
  snprintf(paths[used], sizeof paths[used], "%s", t_temp(name));
  return paths[used++];
}

/* --- endings ------------------------------------------------------------------------------------
 */

struct vtpu *cut_open(const struct cut_case *c)
{
  struct vtpu *v;
  struct vtpu_error err;
  struct vtpu_options options = {.untimed = c->untimed, .threads = c->threads};
  if (vtpu_new(&c->machine, &c->object, &options, &v, &err)) {
    T_FAIL("%s: %s", c->name, err.message);
    return NULL;
  }
  return v;
}

void cut_finish(struct vtpu *v, struct ending *out)
{
  enum vtpu_status status;
  struct vtpu_error err;
  memset(out, 0, sizeof *out);
  if (vtpu_run(v, UINT64_MAX, &status, &err))
    snprintf(out->error, sizeof out->error, "%s", err.message);
  else
    out->finished = status == VTPU_DONE;
  if (vtpu_statistics(v, &out->statistics, &err)) {
    T_FAIL("%s", err.message);
    return;
  }
  unsigned sentrons = out->statistics->sentron_count;
  out->register_bytes = (size_t)sentrons * 32 * 64;
  out->registers = calloc(out->register_bytes ? out->register_bytes : 1, 1);
  for (unsigned i = 0; i < sentrons; i++)
    for (unsigned r = 0; r < 32; r++)
      vtpu_register(v, i, r, out->registers + ((size_t)i * 32 + r) * 64);
  const char *path = scratch("ending.phext");
  if (vtpu_save_phext(v, path, NULL, &err))
    T_FAIL("%s", err.message);
  out->phext = file_bytes(path, &out->phext_bytes);
  remove(path);
}

void ending_free(struct ending *e)
{
  vtpu_statistics_free(e->statistics);
  free(e->registers);
  free(e->phext);
  memset(e, 0, sizeof *e);
}

static bool same(const void *a, const void *b, size_t bytes)
{
  return bytes == 0 || memcmp(a, b, bytes) == 0;
}

const char *ending_difference(const struct ending *a, const struct ending *b)
{
  const struct vtpu_statistics *s = a->statistics, *t = b->statistics;
  if (a->finished != b->finished)
    return "whether it ended";
  if (strcmp(a->error, b->error) != 0)
    return "the error";
  /* Where a fault ends the run, other sentrons may be ahead of it or not. */
  if (a->error[0] && strncmp(a->error, "deadlock", 8) != 0)
    return NULL;
  if (!same(a->registers, b->registers, a->register_bytes))
    return "registers";
  if (a->phext_bytes != b->phext_bytes || !same(a->phext, b->phext, a->phext_bytes))
    return "phext space";
  if (s->cycles != t->cycles)
    return "cycles";
  for (unsigned i = 0; i < s->sentron_count; i++)
    if (strcmp(s->sentrons[i].state, t->sentrons[i].state) != 0 ||
        !same(&s->sentrons[i].counts, &t->sentrons[i].counts, sizeof s->sentrons[i].counts))
      return "counts of a sentron";
  if (!same(s->cores, t->cores, s->core_count * sizeof *s->cores))
    return "counts of a core";
  if (!same(s->nodes, t->nodes, s->node_count * sizeof *s->nodes))
    return "counts of a node";
  if (!same(s->marks, t->marks, s->mark_count * sizeof *s->marks))
    return "counts of a mark";
  if (!same(&s->total, &t->total, sizeof s->total))
    return "the total";
  if (s->host_value_count != t->host_value_count)
    return "host values";
  for (unsigned i = 0; i < s->host_value_count; i++)
    if (s->host_values[i].value != t->host_values[i].value ||
        strcmp(s->host_values[i].name, t->host_values[i].name) != 0)
      return "host values";
  return NULL;
}

/* --- cutting ------------------------------------------------------------------------------------
 */

static bool same_files(const char *a, const char *b)
{
  size_t n = 0, m = 0;
  char *x = file_bytes(a, &n), *y = file_bytes(b, &m);
  bool good = x && y && n == m && memcmp(x, y, n) == 0;
  free(x);
  free(y);
  return good;
}

/* The run stopped and gone on with in the same handle: what is wrong then is not the checkpoint. */
static bool go_on(const struct cut_case *c, const struct ending *whole, uint64_t at, struct vtpu *v)
{
  struct ending e;
  cut_finish(v, &e);
  const char *differs = ending_difference(whole, &e);
  if (differs)
    T_FAIL("%s: a run stopped at cycle %llu and gone on with differs: %s", c->name,
           (unsigned long long)at, differs);
  ending_free(&e);
  return !differs;
}

bool cut_at(const struct cut_case *c, const struct ending *whole, uint64_t at, size_t *bytes)
{
  const char *one = scratch("one.checkpoint"), *two = scratch("two.checkpoint");
  struct vtpu_error err;
  enum vtpu_status status = VTPU_DONE;
  struct vtpu *v = cut_open(c);
  if (!v || vtpu_run(v, at, &status, &err) || status != VTPU_RUNNING) {
    vtpu_free(v);
    return false;
  }
  if (vtpu_checkpoint(v, one, &err))
    T_FAIL("%s: %s", c->name, err.message);
  uint64_t cycle = vtpu_cycle(v), siws = vtpu_siws(v);
  bool good = go_on(c, whole, at, v);
  vtpu_free(v);

  v = cut_open(c);
  if (!v || vtpu_resume(v, one, &err)) {
    T_FAIL("%s, cycle %llu: %s", c->name, (unsigned long long)at, err.message);
    vtpu_free(v);
    return true;
  }
  T_EQ(vtpu_cycle(v), cycle);
  T_EQ(vtpu_siws(v), siws);
  if (vtpu_checkpoint(v, two, &err))
    T_FAIL("%s: %s", c->name, err.message);
  if (!same_files(one, two))
    T_FAIL("%s: what is resumed at cycle %llu is not what was saved", c->name,
           (unsigned long long)at);
  struct ending e;
  cut_finish(v, &e);
  const char *differs = good ? ending_difference(whole, &e) : NULL;
  if (differs)
    T_FAIL("%s: the run resumed at cycle %llu differs: %s\n%s\n%s", c->name, (unsigned long long)at,
           differs, whole->error, e.error);
  ending_free(&e);
  vtpu_free(v);
  free(file_bytes(one, bytes));
  remove(one); /* some file systems are slow when a file is replaced */
  remove(two);
  return true;
}

static uint64_t next_random(uint64_t *state)
{
  *state ^= *state << 13;
  *state ^= *state >> 7;
  return *state ^= *state << 17;
}

void cut_often(const struct cut_case *c, int cuts, int least, uint64_t seed)
{
  struct vtpu *v = cut_open(c);
  struct ending whole;
  if (!v)
    return;
  cut_finish(v, &whole);
  vtpu_free(v);
  if (!whole.finished && !c->fails)
    T_FAIL("%s: %s", c->name, whole.error);
  uint64_t state = seed * UINT64_C(0x9E3779B97F4A7C15) | 1, cycles = whole.statistics->cycles;
  int done = 0;
  size_t bytes;
  for (int i = 0; i < cuts; i++)
    done += cut_at(c, &whole, 1 + next_random(&state) % (cycles + 1), &bytes);
  if (done < least)
    T_FAIL("%s: only %d of %d cuts fell into the run of %llu cycles", c->name, done, cuts,
           (unsigned long long)cycles);
  ending_free(&whole);
}
