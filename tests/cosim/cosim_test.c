/* The verilated core and the simulator in lock step: random programs of every level, the
 * assembler's examples, what cannot be run, and that a difference is found.
 *
 *   VTPU_LONG=N   N million random SIWs over all levels instead of the 100,000 of the normal run
 *   VTPU_SEED=S   begins with this seed
 *
 * A random program on which they differ is shrunk and written to tests/cosim/cases, whose programs
 * are replayed here.
 */
#include "asm/assemble.h"
#include "rtl/cosim/core.h"
#include "rtl/cosim/cosim.h"
#include "tests/exact/generate.h"
#include "tests/exact/shrink.h"
#include "tests/harness/harness.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
enum { SCALE = 4 };
#else
enum { SCALE = 1 };
#endif
enum { CYCLES_MAX = 2000000 };

static uint64_t number(const char *variable, uint64_t otherwise)
{
  const char *text = getenv(variable);
  return text ? strtoull(text, NULL, 10) : otherwise;
}

/* Of 100,000 SIWs: so many are of a level, in the normal run and in a long one. */
struct share {
  enum generate_level level;
  unsigned normal, large;
};

static bool cores_differ(const struct exact_case *c, uint64_t limit)
{
  struct cosim_options options = {.max_cycles = limit};
  struct cosim_result r;
  struct vtpu_error err;
  if (cosim_run(&c->machine, &c->object, &options, &r, &err))
    return false;
  cosim_free(&r);
  return r.differs;
}

/* What they differ on is shrunk and kept, to be replayed from then on. */
static void keep(struct exact_case *c, enum generate_level level, uint64_t seed,
                 const struct cosim_result *found)
{
  exact_shrink(c, cores_differ, found->cycles + 2000);
  char path[100], about[200];
  snprintf(about, sizeof about, "cosim: level %d, seed %llu", (int)level, (unsigned long long)seed);
  snprintf(path, sizeof path, "tests/cosim/cases/found%s_%d_%llu.s", *rtl_params ? "_small" : "",
           (int)level, (unsigned long long)seed);
  FILE *out = fopen(path, "w");
  if (out) {
    exact_write(c, about, out);
    fclose(out);
  }
  T_FAIL("level %d, seed %llu: %s\n%u SIWs of it are in %s", (int)level, (unsigned long long)seed,
         found->text ? found->text : "out of memory", c->object.siw_count, path);
}

static void run_level(struct share share)
{
  enum generate_level level = share.level;
  uint64_t millions = number("VTPU_LONG", 0);
  uint64_t wanted = millions ? millions * 10 * share.large : share.normal / SCALE;
  uint64_t done = 0, cycles = 0, results = 0, accesses = 0, messages = 0, ends = 0;
  uint64_t first = number("VTPU_SEED", 1), seed = first;
  struct machine cores;
  struct vtpu_error err;
  T_REQUIRE(!cosim_machine(&cores, &err));
  if (level >= LEVEL_ALL)
    cores.nodes = rtl_nodes; /* or fewer */
  /* On for what the level is there for, where the share is small (sanitizers, wide registers). */
  bool shown = false;
  for (; done < wanted || (!shown && done < 10 * wanted); seed++) {
    struct exact_case c;
    struct cosim_result r;
    struct cosim_options options = {.max_cycles = CYCLES_MAX};
    exact_generate_rtl(seed, level, &cores, &c);
    if (cosim_run(&c.machine, &c.object, &options, &r, &err)) {
      T_FAIL("level %d, seed %llu: %s", (int)level, (unsigned long long)seed, err.message);
      exact_case_free(&c);
      return;
    }
    if (r.differs)
      keep(&c, level, seed, &r);
    bool differs = r.differs;
    done += r.siws;
    cycles += r.cycles;
    results += r.results;
    accesses += r.accesses;
    messages += r.messages;
    ends += r.end[0] != '\0';
    cosim_free(&r);
    exact_case_free(&c);
    if (differs)
      return;
    shown = (level < LEVEL_MEMORY || accesses > 0) && (level < LEVEL_MESSAGES || messages > 0) &&
            (level < LEVEL_FAULTS || ends > 0);
  }
  T_CHECK(results > done / 2);
  T_CHECK(shown);
  if (millions)
    printf("level %d, seeds %llu to %llu: %llu SIWs, %llu cycles, %llu register writes, %llu "
           "accesses beyond L1, %llu messages between cores, %llu runs ended by an error\n",
           (int)level, (unsigned long long)first, (unsigned long long)seed - 1,
           (unsigned long long)done, (unsigned long long)cycles, (unsigned long long)results,
           (unsigned long long)accesses, (unsigned long long)messages, (unsigned long long)ends);
}

T_TEST(cosim_random, dense)
{
  run_level((struct share){LEVEL_DENSE, 70000, 50000});
}
T_TEST(cosim_random, memory)
{
  run_level((struct share){LEVEL_MEMORY, 4500, 14000});
}
T_TEST(cosim_random, pair)
{
  run_level((struct share){LEVEL_PAIR, 17000, 18000});
}
T_TEST(cosim_random, messages)
{
  run_level((struct share){LEVEL_MESSAGES, 4000, 8000});
}
T_TEST(cosim_random, all)
{
  run_level((struct share){LEVEL_ALL, 2000, 5000});
}
T_TEST(cosim_random, faults)
{
  run_level((struct share){LEVEL_FAULTS, 2500, 5000});
}

/* A short program, assembled for the width of the core. */
static void assemble_here(const char *text, struct object *o)
{
  struct vtpu_error err;
  char all[8192];
  snprintf(all, sizeof all, ".dlen %u\n%s", rtl_dlen, text);
  if (assemble_text("test", all, strlen(all), o, &err)) {
    T_FAIL("%s", err.message);
    T_REQUIRE(false);
  }
}

static const char *const counting = ".sentron a, id=0\n"
                                    "  { DMOV r1, 1 }\n"
                                    "  { CLOOP l0, 20, last }\n"
                                    "  { DADD r2, r2, r1 | - | CSTEP.c p0, d0, 1 }\n"
                                    "  { DMUL r3, r2, r2 | - | CPACK m0, r2, r2 }\n"
                                    "last:\n"
                                    "  { DXOR r4, r3, r2 } :l0\n"
                                    "  { CHALT }\n";

/* What the cores read from their memory of SIWs differs in one bit from what the simulator runs. */
T_TEST(cosim, a_difference_is_found_and_told)
{
  struct object o;
  struct machine m;
  struct vtpu_error err;
  struct cosim_result r;
  assemble_here(counting, &o);
  T_REQUIRE(!cosim_machine(&m, &err));
  struct siw code[16];
  T_REQUIRE(o.siw_count <= 16);
  memcpy(code, o.code, o.siw_count * sizeof *code);
  code[2].bytes[14] ^= 0x10; /* of DADD: r0 in place of r1 */
  char wave[] = "/tmp/vtpu-cosim-XXXXXX";
  int fd = mkstemp(wave);
  T_REQUIRE(fd >= 0);
  close(fd);
  struct cosim_options options = {.wave = wave, .code = code};
  T_REQUIRE(!cosim_run(&m, &o, &options, &r, &err));
  T_CHECK(r.differs);
  T_REQUIRE(r.text != NULL);
  char where[80];
  int cycle = (int)(m.spawn + 2 + m.latency[LAT_ADD]);
  snprintf(where, sizeof where, "cycle %d, a, register write: r2 is", cycle);
  if (!strstr(r.text, where))
    T_FAIL("'%s' does not say '%s'", r.text, where);
  T_CHECK(strstr(r.text, "last SIWs of a") != NULL);
  T_CHECK(strstr(r.text, "DADD r2, r2, r1") != NULL);
  T_CHECK(strstr(r.text, wave) != NULL);
  FILE *f = fopen(wave, "rb");
  T_REQUIRE(f != NULL);
  fseek(f, 0, SEEK_END);
  T_CHECK(ftell(f) > 1000);
  fclose(f);
  remove(wave);
  cosim_free(&r);

  /* Without the fault they agree. */
  options.code = NULL;
  T_REQUIRE(!cosim_run(&m, &o, &options, &r, &err));
  T_CHECK(!r.differs);
  T_EQ(r.siws, 63);
  cosim_free(&r);
  object_free_parts(&o);
}

/* An example that is written for fewer lanes, for this width: another .dlen. */
static void widen(const char *path, struct object *o)
{
  char text[16384], all[sizeof text + 20], *rest;
  FILE *f = fopen(path, "r");
  T_REQUIRE(f != NULL);
  size_t length = fread(text, 1, sizeof text - 1, f);
  fclose(f);
  T_REQUIRE(length < sizeof text - 1);
  text[length] = '\0';
  char *own = strstr(text, "\n.dlen ");
  T_REQUIRE(own != NULL);
  strtoul(own + strlen("\n.dlen "), &rest, 10);
  *own = '\0';
  snprintf(all, sizeof all, "%s\n.dlen %u%s", text, rtl_dlen, rest);
  object_free_parts(o);
  *o = (struct object){0};
  struct vtpu_error err;
  if (assemble_text(path, all, strlen(all), o, &err)) {
    T_FAIL("%s", err.message);
    T_REQUIRE(false);
  }
}

/* Every example of the assembler that fits the width. */
T_TEST(cosim, examples)
{
  DIR *folder = opendir("asm/examples");
  T_REQUIRE(folder != NULL);
  int ran = 0;
  for (struct dirent *e = readdir(folder); e; e = readdir(folder)) {
    size_t length = strlen(e->d_name);
    if (length < 3 || strcmp(e->d_name + length - 2, ".s") != 0)
      continue;
    char path[400];
    snprintf(path, sizeof path, "asm/examples/%s", e->d_name);
    struct object o;
    struct machine m;
    struct cosim_result r;
    struct vtpu_error err;
    T_REQUIRE(!assemble_file(path, &o, &err));
    T_REQUIRE(!cosim_machine(&m, &err));
    if (o.dlen < rtl_dlen)
      widen(path, &o);
    struct cosim_options options = {.max_cycles = CYCLES_MAX};
    int status = cosim_run(&m, &o, &options, &r, &err);
    if (status == VTPU_LIMIT) {
      printf("%s: %.*s\n", path, (int)strcspn(err.message, "\n"), err.message);
    } else if (status || r.differs) {
      T_FAIL("%s: %s", path, status ? err.message : r.text);
    } else {
      ran++;
    }
    if (!status)
      cosim_free(&r);
    object_free_parts(&o);
  }
  closedir(folder);
  T_CHECK(ran >= 8);
}

/* Programs on which they once differed. Those of other cores are left out. */
T_TEST(cosim, cases)
{
  DIR *folder = opendir("tests/cosim/cases");
  T_REQUIRE(folder != NULL);
  int cases = 0;
  for (struct dirent *e = readdir(folder); e; e = readdir(folder)) {
    size_t length = strlen(e->d_name);
    if (length < 3 || strcmp(e->d_name + length - 2, ".s") != 0)
      continue;
    char path[400];
    snprintf(path, sizeof path, "tests/cosim/cases/%s", e->d_name);
    struct exact_case c;
    struct vtpu_error err;
    T_REQUIRE(!exact_read(path, &c, &err));
    struct cosim_options options = {.max_cycles = CYCLES_MAX};
    struct cosim_result r;
    if (cosim_check(&c.machine, &c.object, &err) == VTPU_OK) {
      cases++;
      T_REQUIRE(!cosim_run(&c.machine, &c.object, &options, &r, &err));
      if (r.differs)
        T_FAIL("%s: %s", path, r.text ? r.text : "out of memory");
      cosim_free(&r);
    }
    object_free_parts(&c.object);
  }
  closedir(folder);
  T_CHECK(cases > 0 || rtl_dlen != 64);
}

static void refused(const char *text, const char *settings, const char *says)
{
  struct object o;
  struct machine m;
  struct vtpu_error err;
  assemble_here(text, &o);
  T_REQUIRE(!cosim_machine(&m, &err));
  for (const char *at = settings; *at;) {
    char one[80];
    size_t length = strcspn(at, ",");
    snprintf(one, sizeof one, "%.*s", (int)length, at);
    T_REQUIRE(!machine_set(&m, "test", one, &err));
    at += length + strspn(at + length, ", ");
  }
  T_CHECK(cosim_check(&m, &o, &err) == VTPU_LIMIT);
  if (!strstr(err.message, says))
    T_FAIL("'%s' does not say '%s'", err.message, says);
  object_free_parts(&o);
}

T_TEST(cosim, what_lies_outside_of_a_core_is_free_to_choose)
{
  static const char *const settings[] = {"clock = 1.5", "ddr_latency = 1000", "energy_mac_i8 = 2"};
  struct machine m;
  struct object o;
  struct vtpu_error err;
  assemble_here(counting, &o);
  T_REQUIRE(!cosim_machine(&m, &err));
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
    T_REQUIRE(!machine_set(&m, "test", settings[i], &err));
  if (cosim_check(&m, &o, &err))
    T_FAIL("refused: %s", err.message);
  object_free_parts(&o);
}

T_TEST(cosim, what_the_core_has_not_is_refused)
{
  refused(counting, "branch = 4", "branch");
  refused(counting, "latency_mul = 2", "latency_mul");
  refused(counting, "dports = 2", "choose a machine with dports = 1");
  refused(counting, "sports = 2", "choose a machine with sports = 1");
  refused(counting, "cports = 2", "choose a machine with cports = 1");
  refused(counting, "ptc_hit = 0", "choose a machine with ptc_hit = 1 or more");
  refused(counting, "nodes = 64", "nodes");
  refused(counting, "l3_bytes = 0", "the machine has no L3");
  if (rtl_nodes > 1) {
    refused(counting, "nodes = 2, link_bandwidth = 0", "more than a message a cycle");
    refused(counting, "nodes = 2, clock = 1, link_bandwidth = 33", "at most 32 GB/s");
  }
  static const char *const operations[][2] = {
      {"SDEDUP.look r0, r1", "SDEDUP"},
      {"SASSOC.put r0, [1.1.1/1.1.1/1.1.1/1.1]", "SASSOC"},
      {"SROUTE r0, [p0], 1", "SROUTE"},
      {"SNEIGHBR r0, [p0], 1", "SNEIGHBR"},
  };
  for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
    char text[200], says[80];
    snprintf(text, sizeof text, ".sentron a, id=0\n  { %s }\n", operations[i][0]);
    snprintf(says, sizeof says, "SIW 0 (@0): %s is not in the RTL\n  take it out, or",
             operations[i][1]);
    refused(text, "cores = 8", says);
  }
}

T_TEST(cosim, host_steps_that_the_core_cannot_take_are_refused)
{
  static const char phase[] = ".region a, shared, lo=0.0.0/1.1.1/1.1.1/1.1, pages=1\n"
                              ".sentron s, id=0\n  { CHALT }\n.end\n.host run s\n";
  char text[8000];
  size_t n = (size_t)snprintf(text, sizeof text, "%s", phase);
  snprintf(text + n, sizeof text - n, ".host write 0.0.0/1.1.1/1.1.1/1.1, 1\n.host run s\n");
  refused(text, "", "host step 1 writes after a phase");
  refused(text, "", "write before the first phase");
  /* One more than the core has cycles for. */
  struct machine m;
  struct vtpu_error err;
  T_REQUIRE(!cosim_machine(&m, &err));
  for (int i = 0; i <= m.spawn; i++)
    n += (size_t)snprintf(text + n, sizeof text - n, ".host print 0.0.0/1.1.1/1.1.1/1.1, x\n");
  snprintf(text + n, sizeof text - n, ".host run s\n");
  refused(text, "", "let fewer steps follow each other");
}
