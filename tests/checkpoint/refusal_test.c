/* What cannot be resumed is refused with a message, and the handle can still be looked at and
 * freed. */
#include "tests/checkpoint/cut.h"
#include "tests/checkpoint/programs.h"
#include "tests/harness/harness.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#if defined(__SANITIZE_ADDRESS__)
enum { FLIPS = 250, TRUNCATIONS = 40, CHANGES = 1000 };
#else
enum { FLIPS = 2000, TRUNCATIONS = 200, CHANGES = 2500 };
#endif

static uint64_t state = 0x9E3779B97F4A7C15u;

static size_t below(size_t n)
{
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (size_t)(state >> 11) % n;
}

/* A checkpoint of a program in the middle of its run; the caller frees it. */
static char *saved(struct cut_case *c, const char *program, uint64_t at, size_t *bytes)
{
  struct vtpu_error err;
  enum vtpu_status status;
  if (!program_named(program, c))
    return NULL;
  struct vtpu *v = cut_open(c);
  const char *path = scratch("good.checkpoint");
  if (!v || vtpu_run(v, at, &status, &err) || vtpu_checkpoint(v, path, &err))
    T_FAIL("%s", err.message);
  else
    T_EQ(status, VTPU_RUNNING);
  vtpu_free(v);
  return file_bytes(path, bytes);
}

/* Resumes from these bytes. The handle must be safe to look at whatever came of it. */
static int resume_from(const struct cut_case *c, const char *bytes, size_t count,
                       struct vtpu_error *err)
{
  const char *path = scratch("bad.checkpoint");
  struct vtpu *v = cut_open(c);
  struct vtpu_statistics *s;
  struct vtpu_error other;
  enum vtpu_status status;
  uint8_t reg[64];
  remove(path);
  if (!v || !file_write(path, bytes, count)) {
    T_FAIL("cannot write %s", path);
    vtpu_free(v);
    return 0;
  }
  int bad = vtpu_resume(v, path, err);
  if (vtpu_statistics(v, &s, &other) == 0)
    vtpu_statistics_free(s);
  vtpu_register(v, 0, 0, reg);
  vtpu_cycle(v);
  if (bad) {
    T_EQ(vtpu_run(v, UINT64_MAX, &status, &other), VTPU_USAGE);
    T_EQ(vtpu_checkpoint(v, path, &other), VTPU_USAGE);
  }
  vtpu_free(v);
  return bad;
}

T_TEST(checkpoint_refusal, a_flipped_bit_anywhere)
{
  struct cut_case c;
  struct vtpu_error err;
  size_t bytes;
  char *good = saved(&c, "phases", 20, &bytes);
  T_REQUIRE(good);
  T_EQ(resume_from(&c, good, bytes, &err), 0);
  for (size_t i = 0; i < FLIPS; i++) {
    /* All of the beginning, then anywhere. */
    size_t at = i < 400 && i < FLIPS / 2 ? i : below(bytes);
    good[at] ^= (char)(1 << below(8));
    char before = good[at];
    if (resume_from(&c, good, bytes, &err) != VTPU_INPUT)
      T_FAIL("byte %zu of %zu has changed, and nobody noticed", at, bytes);
    else
      T_CONTAINS(err.message, "bad.checkpoint");
    free(good);
    good = file_bytes(scratch("good.checkpoint"), &bytes);
    T_REQUIRE(good && good[at] != before);
  }
  free(good);
  program_close(&c);
}

T_TEST(checkpoint_refusal, a_file_that_is_cut_off_or_too_long)
{
  struct cut_case c;
  struct vtpu_error err;
  size_t bytes;
  char *good = saved(&c, "phases", 20, &bytes);
  T_REQUIRE(good);
  for (size_t i = 0; i < TRUNCATIONS; i++) {
    size_t left = i < 100 && i < TRUNCATIONS / 2 ? i : below(bytes);
    if (resume_from(&c, good, left, &err) != VTPU_INPUT)
      T_FAIL("only %zu of %zu bytes are there, and nobody noticed", left, bytes);
  }
  T_EQ(resume_from(&c, good, bytes - 1, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "damaged or cut off");
  good = realloc(good, bytes + 1);
  good[bytes] = 0;
  T_EQ(resume_from(&c, good, bytes + 1, &err), VTPU_INPUT);
  T_EQ(resume_from(&c, "text", 4, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "not a checkpoint of a run\n  vtpu run --checkpoint-at makes one");
  free(good);
  program_close(&c);
}

/* --- right check sums, wrong contents -----------------------------------------------------------
 */

/* The headers of the file, as sim/checkpoint.h describes them. */
struct section {
  char kind[8];
  uint32_t number, compressed;
  uint64_t bytes, stored;
  uint32_t content_crc, crc;
};
enum { PREFIX = 32 };

/* Copies a checkpoint with some bytes of one section's content changed. Returns false when there is
 * no such section. */
static bool changed(const char *good, size_t bytes, size_t which, char **out, size_t *out_bytes)
{
  size_t at = PREFIX, used = PREFIX;
  *out = malloc(2 * bytes + (1 << 20));
  if (!*out)
    return false;
  memcpy(*out, good, PREFIX);
  bool found = false;
  for (size_t i = 0; at + sizeof(struct section) <= bytes; i++) {
    struct section h;
    memcpy(&h, good + at, sizeof h);
    const char *content = good + at + sizeof h;
    at += sizeof h + h.stored;
    if (i == which && h.bytes > 0) {
      char *raw = malloc(h.bytes);
      uLongf raw_bytes = h.bytes;
      if (!h.compressed)
        memcpy(raw, content, h.bytes);
      else
        T_EQ(uncompress((Bytef *)raw, &raw_bytes, (const Bytef *)content, h.stored), Z_OK);
      for (size_t n = 1 + below(3); n > 0; n--) {
        /* Often in the first bytes, where the indices are. */
        size_t place = below(2) ? below(h.bytes) : below(h.bytes < 64 ? h.bytes : 64);
        raw[place] = below(3) ? (char)(raw[place] ^ 1 << below(8)) : (char)below(256);
      }
      h.compressed = 0;
      h.stored = h.bytes;
      memcpy(*out + used + sizeof h, raw, h.bytes);
      h.content_crc = (uint32_t)crc32_z(0, (const Bytef *)raw, h.bytes);
      h.crc = (uint32_t)crc32_z(0, (const Bytef *)&h, offsetof(struct section, crc));
      free(raw);
      found = true;
    } else {
      memcpy(*out + used + sizeof h, content, h.stored);
    }
    memcpy(*out + used, &h, sizeof h);
    used += sizeof h + h.stored;
  }
  *out_bytes = used;
  return found;
}

static void change_often(const char *program, uint64_t at)
{
  struct cut_case c;
  struct vtpu_error err;
  size_t bytes;
  char *good = saved(&c, program, at, &bytes);
  int refused = 0, accepted = 0;
  T_REQUIRE(good);
  for (int i = 0; i < CHANGES / 5; i++) {
    char *bad;
    size_t bad_bytes;
    if (changed(good, bytes, below(30), &bad, &bad_bytes)) {
      int result = resume_from(&c, bad, bad_bytes, &err);
      if (result && result != VTPU_INPUT && result != VTPU_LIMIT && result != VTPU_SYSTEM)
        T_FAIL("%s: %s", program, err.message);
      refused += result != 0;
      accepted += result == 0;
    }
    free(bad);
  }
  /* Many changes are only other numbers. */
  T_CHECK(refused > CHANGES / 100);
  T_CHECK(accepted > 0);
  free(good);
  program_close(&c);
}

T_TEST(checkpoint_refusal, contents_that_cannot_be)
{
  change_often("messages", 300);
  change_often("collectives", 120);
  change_often("regions", 300);
  change_often("streams, tiny", 900);
  change_often("lazy", 200);
}

/* --- of something else --------------------------------------------------------------------------
 */

static void refused_for(const struct cut_case *c, const char *why)
{
  struct vtpu_error err;
  struct vtpu *v = cut_open(c);
  T_REQUIRE(v);
  T_EQ(vtpu_resume(v, scratch("good.checkpoint"), &err), VTPU_INPUT);
  T_CONTAINS(err.message, "good.checkpoint");
  T_CONTAINS(err.message, why);
  vtpu_free(v);
}

T_TEST(checkpoint_refusal, another_machine)
{
  struct cut_case c;
  struct vtpu_error err;
  size_t bytes;
  free(saved(&c, "streams, tiny", 900, &bytes));
  struct machine m = c.machine;
  T_REQUIRE(machine_set(&c.machine, "test", "ddr_latency=71", &err) == 0);
  refused_for(&c, "another machine: ddr_latency (70 cycles there, 71 cycles here)\n"
                  "  resume with the same --machine, --set and --untimed");
  T_REQUIRE(machine_set(&c.machine, "test", "curve=hilbert", &err) == 0);
  T_REQUIRE(machine_set(&c.machine, "test", "clock=2.5 GHz", &err) == 0);
  refused_for(&c, "clock (4 GHz there, 2.5 GHz here), curve (zorder there, hilbert here), "
                  "ddr_latency (70");
  c.machine = m;
  c.untimed = true;
  refused_for(&c, "another machine: ");
  program_close(&c);
}

T_TEST(checkpoint_refusal, another_program)
{
  struct cut_case c;
  size_t bytes;
  free(saved(&c, "messages", 200, &bytes));
  struct object *o = &c.object;
  o->inits[0].bytes[0] ^= 1;
  refused_for(&c, "another program: its initial registers differ\n"
                  "  resume with the object file that was running");
  o->inits[0].bytes[0] ^= 1;
  o->sentrons[1].home.hi ^= 1;
  refused_for(&c, "sentrons differ");
  o->sentrons[1].home.hi ^= 1;
  o->groups[0].count--;
  refused_for(&c, "groups differ");
  o->groups[0].count++;
  struct siw last = o->code[o->siw_count - 1];
  o->code[o->siw_count - 1] = o->code[0];
  refused_for(&c, "code differ");
  o->code[o->siw_count - 1] = last;
  struct vtpu_error err;
  struct vtpu *v = cut_open(&c);
  T_EQ(vtpu_resume(v, scratch("good.checkpoint"), &err), 0);
  vtpu_free(v);
  program_close(&c);

  free(saved(&c, "streams, tiny", 200, &bytes));
  c.object.data[1].bytes -= 8;
  refused_for(&c, "data differ");
  c.object.data[1].bytes += 8;
  c.object.regions[3].kind = REGION_ROM;
  refused_for(&c, "regions differ");
  c.object.regions[3].kind = REGION_SHARED;
  c.object.marks[0].last--;
  refused_for(&c, "marks differ");
  c.object.marks[0].last++;
  program_close(&c);

  free(saved(&c, "phases", 20, &bytes));
  c.object.hosts[0].value++;
  refused_for(&c, "host steps differ");
  program_close(&c);
}

/* --- handles and files --------------------------------------------------------------------------
 */

T_TEST(checkpoint_refusal, only_a_fresh_handle_resumes_and_only_a_good_run_is_saved)
{
  struct cut_case c;
  struct vtpu_error err;
  enum vtpu_status status;
  size_t bytes;
  free(saved(&c, "phases", 20, &bytes));
  struct vtpu *v = cut_open(&c);
  T_REQUIRE(v);
  T_EQ(vtpu_run(v, 5, &status, &err), 0);
  T_EQ(vtpu_resume(v, scratch("good.checkpoint"), &err), VTPU_USAGE);
  T_CONTAINS(err.message, "only a handle that has not run can resume");
  T_EQ(vtpu_run(v, UINT64_MAX, &status, &err), 0); /* it has lost nothing */
  vtpu_free(v);
  program_close(&c);
  T_REQUIRE(program_named("fault", &c));
  v = cut_open(&c);
  T_REQUIRE(v);
  T_EQ(vtpu_run(v, UINT64_MAX, &status, &err), VTPU_PROGRAM);
  T_EQ(vtpu_checkpoint(v, scratch("bad.checkpoint"), &err), VTPU_USAGE);
  vtpu_free(v);
  v = cut_open(&c);
  T_EQ(vtpu_resume(v, scratch("no such file"), &err), VTPU_INPUT);
  T_CONTAINS(err.message, "cannot read: No such file");
  vtpu_free(v);
  program_close(&c);
}

T_TEST(checkpoint_refusal, a_file_that_cannot_be_written_leaves_nothing_behind)
{
  struct cut_case c;
  struct vtpu_error err;
  char folder[600], path[700];
  snprintf(folder, sizeof folder, "%s", t_temp("folder"));
  T_REQUIRE(mkdir(folder, 0777) == 0);
  T_REQUIRE(program_named("phases", &c));
  struct vtpu *v = cut_open(&c);
  T_REQUIRE(v);
  T_EQ(vtpu_checkpoint(v, folder, &err), VTPU_SYSTEM);
  T_CONTAINS(err.message, "Is a directory");
  snprintf(path, sizeof path, "%s/missing/file", folder);
  T_EQ(vtpu_checkpoint(v, path, &err), VTPU_SYSTEM);
  T_CONTAINS(err.message, "No such file");
  if (access("/dev/full", W_OK) == 0) {
    T_EQ(vtpu_checkpoint(v, "/dev/full", &err), VTPU_SYSTEM);
    T_CONTAINS(err.message, "/dev/full: cannot write: No space left");
    T_CHECK(access("/dev/full", W_OK) == 0);
  }
  snprintf(path, sizeof path, "%s/good", folder);
  T_EQ(vtpu_checkpoint(v, path, &err), 0);
  T_EQ(vtpu_checkpoint(v, path, &err), 0); /* over the old one */
  T_EQ(unlink(path), 0);
  T_EQ(rmdir(folder), 0); /* no temporary file is left */
  vtpu_free(v);
  program_close(&c);
}
