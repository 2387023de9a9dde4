/* Object files: the same bytes back, and damage of every kind refused. */
#include "isa/object.h"
#include "tests/harness/harness.h"
#include "tests/isa/random_siw.h"
#include "tests/isa/sample_object.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct file {
  uint8_t bytes[8192];
  size_t size;
};

static void load(const char *path, struct file *f)
{
  FILE *in = fopen(path, "rb");
  f->size = in ? fread(f->bytes, 1, sizeof f->bytes, in) : 0;
  if (in)
    fclose(in);
  if (f->size == 0 || f->size == sizeof f->bytes)
    T_FAIL("%s: unexpected size", path);
}

/* A new file each time: some file systems wait for the disk when an old one is cut to nothing. */
static void save(const char *path, const uint8_t *bytes, size_t size)
{
  unlink(path);
  FILE *out = fopen(path, "wb");
  if (!out || fwrite(bytes, 1, size, out) != size || fclose(out) != 0)
    T_FAIL("%s: cannot be written", path);
}

static void write_or_fail(const char *path, const struct object *o)
{
  struct vtpu_error err;
  if (object_write(path, o, &err))
    T_FAIL("%s", err.message);
}

static bool same_data(const struct object *a, const struct object *b)
{
  for (uint32_t i = 0; i < a->data_count; i++) {
    const struct object_data *x = &a->data[i], *y = &b->data[i];
    if (x->region != y->region || x->ternary != y->ternary || x->bytes != y->bytes ||
        x->start.lo != y->start.lo || x->start.hi != y->start.hi ||
        memcmp(x->content, y->content, x->bytes) != 0)
      return false;
  }
  return true;
}

/* The sample's arrays have no padding that is not zero, so memory can be compared. */
static bool same(const struct object *a, const struct object *b)
{
#define SAME(array, count)                                                                         \
  (a->count == b->count && memcmp(a->array, b->array, a->count * sizeof *a->array) == 0)
  return a->dlen == b->dlen && a->needs.queue == b->needs.queue &&
         a->needs.cores == b->needs.cores && SAME(code, siw_count) &&
         SAME(sentrons, sentron_count) && SAME(inits, init_count) && SAME(regions, region_count) &&
         a->data_count == b->data_count && same_data(a, b) && SAME(groups, group_count) &&
         SAME(hosts, host_count) && SAME(marks, mark_count) && SAME(symbols, symbol_count);
#undef SAME
}

T_TEST(object, round_trip)
{
  struct object *o = sample_object(), back;
  struct vtpu_error err;
  const char *path = t_temp("a.siw");
  write_or_fail(path, o);
  if (object_read(path, &back, &err)) {
    T_FAIL("%s", err.message);
    return;
  }
  T_CHECK(same(o, &back));
  /* Read and written again: the same bytes; and the first writing leaves no other file. */
  const char *again = t_temp("b.siw");
  write_or_fail(again, &back);
  static struct file a, b;
  load(path, &a);
  load(again, &b);
  T_EQ(a.size, b.size);
  T_CHECK(memcmp(a.bytes, b.bytes, a.size) == 0);
  object_free(&back);
  T_CHECK(back.storage == NULL && back.code == NULL);
  object_free(&back); /* twice does no harm */
}

T_TEST(object, the_smallest_object)
{
  struct object o = {.dlen = 64, .needs = {.queue = 64, .cores = 3}}, back;
  struct vtpu_error err;
  const char *path = t_temp("empty.siw");
  write_or_fail(path, &o);
  T_EQ(object_read(path, &back, &err), VTPU_OK);
  T_EQ(back.dlen, 64);
  T_EQ(back.needs.queue, 64);
  T_EQ(back.needs.cores, 3);
  T_EQ(back.siw_count, 0);
  T_CHECK(back.code == NULL);
  object_free(&back);
}

T_TEST(object, code_and_content_are_aligned)
{
  struct object *o = sample_object(), back;
  struct vtpu_error err;
  const char *path = t_temp("a.siw");
  write_or_fail(path, o);
  T_REQUIRE(object_read(path, &back, &err) == VTPU_OK);
  T_EQ((uintptr_t)back.code % 64, 0);
  for (uint32_t i = 0; i < back.data_count; i++)
    T_EQ((uintptr_t)back.data[i].content % 64, 0);
  object_free(&back);
}

T_TEST(object, every_flipped_byte_is_noticed)
{
  struct object *o = sample_object(), back;
  const char *path = t_temp("a.siw"), *broken = t_temp("broken.siw");
  write_or_fail(path, o);
  static struct file f;
  load(path, &f);
  for (size_t i = 0; i < f.size; i++) {
    struct vtpu_error err = {VTPU_OK, ""};
    f.bytes[i] ^= (uint8_t)(1u << i % 8);
    save(broken, f.bytes, f.size);
    int rc = object_read(broken, &back, &err);
    if (rc != VTPU_INPUT || !strstr(err.message, "broken.siw"))
      T_FAIL("byte %zu of %zu flipped: status %d, \"%s\"", i, f.size, rc, err.message);
    if (!rc)
      object_free(&back);
    f.bytes[i] ^= (uint8_t)(1u << i % 8);
  }
}

T_TEST(object, every_truncation_is_noticed)
{
  struct object *o = sample_object(), back;
  const char *path = t_temp("a.siw"), *broken = t_temp("broken.siw");
  write_or_fail(path, o);
  static struct file f;
  load(path, &f);
  for (size_t size = 0; size < f.size; size++) {
    struct vtpu_error err = {VTPU_OK, ""};
    save(broken, f.bytes, size);
    int rc = object_read(broken, &back, &err);
    if (rc != VTPU_INPUT)
      T_FAIL("%zu of %zu bytes: status %d, \"%s\"", size, f.size, rc, err.message);
  }
  struct vtpu_error err;
  f.bytes[f.size] = 0;
  save(broken, f.bytes, f.size + 1);
  T_EQ(object_read(broken, &back, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "bytes after the last section");
}

/* Damage whose checksums are right, as a faulty writer would make it: what is behind the CRC has
 * to hold by itself. What is accepted must survive another round. */
T_TEST(object, damage_behind_the_checksums)
{
  struct object *o = sample_object(), back;
  const char *path = t_temp("a.siw"), *broken = t_temp("broken.siw"), *third = t_temp("c.siw");
  write_or_fail(path, o);
  static struct file f, g, h;
  load(path, &f);
  int refused = 0, accepted = 0;
  for (int round = 0; round < 3000; round++) {
    g = f;
    for (int n = random_below(3); n >= 0; n--) {
      uint8_t *at = &g.bytes[random_below((int)g.size)];
      *at = (uint8_t)(round % 2 ? random64() : *at ^ 1u << random_below(8));
    }
    sample_repair_crc(g.bytes, g.size);
    save(broken, g.bytes, g.size);
    struct vtpu_error err = {VTPU_OK, ""};
    if (object_read(broken, &back, &err)) {
      refused++;
      T_CHECK(err.category == VTPU_INPUT && err.message[0]);
      continue;
    }
    accepted++;
    unlink(third);
    write_or_fail(third, &back);
    load(third, &h);
    T_CHECK(g.size == h.size && memcmp(g.bytes, h.bytes, g.size) == 0);
    object_free(&back);
  }
  T_CHECK(refused > 1000 && accepted > 100);
}

/* Section tables with sizes and offsets that overflow or overlap. */
T_TEST(object, hostile_section_tables)
{
  struct object *o = sample_object(), back;
  const char *path = t_temp("a.siw"), *broken = t_temp("broken.siw");
  write_or_fail(path, o);
  static struct file f, g;
  load(path, &f);
  static const uint64_t values[] = {0,          1,          63,         64,
                                    65,         8191,       UINT32_MAX, 1ull << 32,
                                    1ull << 62, 1ull << 63, UINT64_MAX, UINT64_MAX - 63,
                                    128,        1ull << 40};
  uint32_t sections;
  memcpy(&sections, f.bytes + 12, 4);
  for (uint32_t s = 0; s < sections; s++)
    for (int field = 8; field <= 16; field += 8)
      for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
        g = f;
        uint8_t *at = g.bytes + 16 + 32 * s + field;
        if (memcmp(at, &values[v], 8) == 0)
          continue; /* what it was anyway */
        memcpy(at, &values[v], 8);
        sample_repair_crc(g.bytes, g.size);
        save(broken, g.bytes, g.size);
        struct vtpu_error err;
        T_EQ(object_read(broken, &back, &err), VTPU_INPUT);
      }
  for (uint32_t count = 0; count < 40; count++) {
    g = f;
    memcpy(g.bytes + 12, &count, 4);
    save(broken, g.bytes, g.size);
    struct vtpu_error err;
    if (count != sections)
      T_EQ(object_read(broken, &back, &err), VTPU_INPUT);
  }
}

T_TEST(object, foreign_files)
{
  struct object back;
  struct vtpu_error err;
  const char *path = t_temp("foreign");
  T_EQ(object_read(t_temp("none"), &back, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "cannot be read");
  T_EQ(object_read(t_top(), &back, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "not a regular file");
  save(path, (const uint8_t *)"\177ELF and so on, long enough", 28);
  T_EQ(object_read(path, &back, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "not a vtpu object file");
  static struct file f;
  struct object o = {.dlen = 64};
  write_or_fail(path, &o);
  load(path, &f);
  f.bytes[8] = 2;
  save(path, f.bytes, f.size);
  T_EQ(object_read(path, &back, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "object format version 2");
  /* Two sections may share neither bytes nor kind. */
  f.bytes[8] = 1;
  memcpy(f.bytes + 16, "tarmac\0", 8);
  save(path, f.bytes, f.size);
  T_EQ(object_read(path, &back, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "unknown kind of section");
}

/* The same bytes in a stream as in a file. */
T_TEST(object, a_stream_takes_an_object_too)
{
  struct object *o = sample_object();
  struct vtpu_error err;
  static struct file whole, streamed;
  const char *path = t_temp("stream.siw");
  write_or_fail(path, o);
  load(path, &whole);
  FILE *f = fopen(path, "wb");
  T_REQUIRE(f);
  T_EQ(object_write_stream(f, o, NULL, &err), VTPU_OK);
  fclose(f);
  load(path, &streamed);
  T_EQ(streamed.size, whole.size);
  T_CHECK(memcmp(streamed.bytes, whole.bytes, whole.size) == 0);
  f = access("/dev/full", W_OK) == 0 ? fopen("/dev/full", "wb") : NULL;
  if (f) {
    T_EQ(object_write_stream(f, o, NULL, &err), VTPU_SYSTEM);
    T_CONTAINS(err.message, "cannot be written: No space left");
    fclose(f);
  }
}

struct making {
  const struct object *object;
  int calls, fails_at;
};

/* Gives a content in two pieces. */
static int make_data(void *owner, uint32_t data, object_take *take, void *to)
{
  struct making *m = owner;
  const struct object_data *d = &m->object->data[data];
  if (m->calls++ == m->fails_at) {
    errno = ENOMEM;
    return 1;
  }
  int bad = take(to, d->content, d->bytes / 2);
  return bad ? bad : take(to, d->content + d->bytes / 2, d->bytes - d->bytes / 2);
}

/* The same object, its contents made while they are written, into a file after what is there. */
static int write_made(FILE *f, const struct object *o, struct making *m, struct vtpu_error *err)
{
  struct object empty = *o;
  struct object_data data[8];
  T_CHECK(o->data_count <= 8);
  memcpy(data, o->data, o->data_count * sizeof *data);
  for (uint32_t i = 0; i < o->data_count; i++)
    data[i].content = NULL;
  empty.data = data;
  *m = (struct making){.object = o, .fails_at = m->fails_at};
  return object_write_stream(f, &empty, &(struct object_maker){make_data, m}, err);
}

/* Once where the file can go back to the sum, twice where it cannot, and the same bytes. */
T_TEST(object, contents_are_made_while_they_are_written)
{
  struct object *o = sample_object();
  struct making m = {.fails_at = -1};
  struct vtpu_error err;
  static struct file whole, streamed;
  const char *path = t_temp("made.siw");
  T_REQUIRE(o->data_count > 1);
  write_or_fail(path, o);
  load(path, &whole);
  for (int appended = 0; appended < 2; appended++) {
    FILE *f = fopen(path, appended ? "ab" : "wb");
    T_REQUIRE(f);
    fputs("before", f);
    if (appended)
      T_EQ(fflush(f) || ftruncate(fileno(f), 6), 0);
    T_EQ(write_made(f, o, &m, &err), VTPU_OK);
    T_EQ(m.calls, (appended + 1) * (int)o->data_count);
    fputs("after", f);
    fclose(f);
    load(path, &streamed);
    T_EQ(streamed.size, whole.size + 11);
    T_CHECK(memcmp(streamed.bytes + 6, whole.bytes, whole.size) == 0);
  }
  FILE *f = fopen(path, "wb");
  T_REQUIRE(f);
  m.fails_at = 1;
  T_EQ(write_made(f, o, &m, &err), VTPU_SYSTEM);
  T_CONTAINS(err.message, "cannot be written: Cannot allocate memory");
  fclose(f);
}

T_TEST(object, writing_is_whole_or_not_at_all)
{
  struct object *o = sample_object();
  struct vtpu_error err;
  const char *path = t_temp("kept.siw");
  static struct file before, after;
  write_or_fail(path, o);
  load(path, &before);
  T_EQ(object_write(t_temp("no/such/folder/x.siw"), o, &err), VTPU_SYSTEM);
  T_CONTAINS(err.message, "cannot be written");
  /* A full disk: nothing but a device can play it here. */
  if (access("/dev/full", W_OK) == 0) {
    T_EQ(object_write("/dev/full", o, &err), VTPU_SYSTEM);
    T_CONTAINS(err.message, "/dev/full: cannot be written: No space left");
  }
  /* A folder of that name cannot be replaced. */
  T_EQ(object_write(t_top(), o, &err), VTPU_SYSTEM);
  load(path, &after);
  T_CHECK(before.size == after.size && memcmp(before.bytes, after.bytes, before.size) == 0);
  /* Over an old file. */
  struct object small = {.dlen = 64};
  write_or_fail(path, &small);
  load(path, &after);
  T_CHECK(after.size < before.size);
}

T_TEST(object, symbols_name_siws)
{
  struct object_symbol symbols[] = {{.siw = 9, .name = "loop"}, {.siw = 3, .name = "start"}};
  struct object o = {.dlen = 64, .symbols = symbols, .symbol_count = 2};
  char text[SYMBOL_TEXT_BYTES];
  T_EQ_STR(object_symbolize(&o, 2, text), "@2");
  T_EQ_STR(object_symbolize(&o, 3, text), "start");
  T_EQ_STR(object_symbolize(&o, 8, text), "start+5");
  T_EQ_STR(object_symbolize(&o, 9, text), "loop");
  T_EQ_STR(object_symbolize(&o, 4000000000u, text), "loop+3999999991");
}
