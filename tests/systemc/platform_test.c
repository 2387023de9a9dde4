/* build/vtpu-platform: a vTPU in a SystemC platform does what `vtpu run` does, in either coding
 * style of TLM-2.0, and its memory is what the platform's memory holds. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <stdlib.h>
#include <string.h>

#define PLATFORM "SC_COPYRIGHT_MESSAGE=DISABLE " VTPU_BINARY "-platform "

/* Doubles 256 f32 cells of `in`, a box of 2 x 2 pages (D0 and D2), into `out`: in storage order
 * both. */
static const char doubling[] =
    ".dlen 512\n"
    ".region in, private, core=0, lo=4.0.8/1.1.1/1.1.1/1.1, extent=2.1.2\n"
    ".region out, private, core=0, lo=4.0.8/2.1.1/1.1.1/1.1, extent=2.1.2\n"
    ".data in, f32 1.5, 2.5, 3.5, 4.5, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16\n"
    ".init main.p0 = 4.0.8/1.1.1/1.1.1/1.1\n"
    ".init main.p1 = 4.0.8/2.1.1/1.1.1/1.1\n"
    ".sentron main, id=0\n"
    "  { CLOOP l0, 64, last }\n"
    "  { SGATHER r0, [p0], 64 | CSTEP p0, linear, 1 }\n"
    "  { DADD.f32 r1, r0, r0 }\n"
    "last:\n"
    "  { SSCATTR [p1], r1, 64 | CSTEP p1, linear, 1 } :l0\n"
    ".end\n";

static json_t *platform(const char *arguments)
{
  struct command c = {0};
  command(&c, PLATFORM "%s --json -", arguments);
  T_STATUS(&c, 0);
  json_t *j = json_of_text(c.out);
  command_end(&c);
  return j;
}

static long long cycles_of_run(const char *object)
{
  struct command c = {0};
  command(&c, "vtpu run -q '%s' --json -", object);
  T_STATUS(&c, 0);
  json_t *j = json_of_text(c.out);
  long long cycles = json_whole(j, "cycles");
  json_decref(j);
  command_end(&c);
  return cycles;
}

static const char *stream(void)
{
  static const char *path;
  struct command c = {0};
  if (!path) {
    path = temp_path("stream.siw");
    command(&c, "vtpu asm asm/examples/stream.s -o '%s'", path);
    T_STATUS(&c, 0);
    command_end(&c);
  }
  return path;
}

/* Against the memory that the machine's DDR models, nothing depends on style or quantum. */
T_TEST(systemc_platform, both_styles_agree_on_cycles_and_time_with_the_simulator)
{
  static const char *const styles[] = {"loose", "approximate"};
  static const int quanta[] = {1, 97, 1000, 100000000};
  long long cycles = cycles_of_run(stream());
  double ended = 0;
  for (int style = 0; style < 2; style++)
    for (int q = 0; q < 4; q++) {
      char arguments[512];
      snprintf(arguments, sizeof arguments,
               "'%s' --window elements=0x0 --window results=0x200000 --timing %s --quantum %d",
               stream(), styles[style], quanta[q]);
      json_t *j = platform(arguments);
      T_EQ(json_whole(j, "0.cycles"), cycles);
      T_EQ(json_whole(j, "0.fetched_bytes"), 257 * 4096);
      T_EQ(json_whole(j, "0.written_bytes"), 64);
      T_EQ(json_whole(j, "0.lines"),
           256 * 64 + 1); /* all of the first pass, and the result's cell */
      T_EQ(json_whole(j, "0.late"), 0);
      T_EQ(json_whole(j, "0.stale"), 0);
      if (!style && !q)
        ended = json_number(j, "0.ended_ns");
      T_NEAR(json_number(j, "0.ended_ns"), ended, 1e-3);
      T_CHECK(ended > (double)cycles / 4); /* the fetch took time too */
      json_decref(j);
    }
}

T_TEST(systemc_platform, results_come_back_to_memory_where_the_window_says)
{
  const char *object = assembled("doubling.siw", doubling);
  for (int approximate = 0; approximate < 2; approximate++) {
    char arguments[1024];
    snprintf(arguments, sizeof arguments,
             "'%s' -w in=0x40 -w out=0x100040 --timing %s --dump 'in=%s' --dump 'out=%s'", object,
             approximate ? "approximate" : "loose", temp_path("in.bin"), temp_path("out.bin"));
    json_t *j = platform(arguments);
    T_EQ(json_whole(j, "0.cycles"), cycles_of_run(object));
    T_EQ(json_whole(j, "0.written_bytes"), 64);
    json_decref(j);
    size_t in_bytes, out_bytes;
    char *in = read_file(temp_path("in.bin"), &in_bytes);
    char *out = read_file(temp_path("out.bin"), &out_bytes);
    T_REQUIRE(in && out);
    T_EQ(in_bytes, 4 * 4096);
    T_EQ(out_bytes, 4 * 4096);
    float a[4 * 1024], b[4 * 1024];
    memcpy(a, in, sizeof a);
    memcpy(b, out, sizeof b);
    T_NEAR(a[0], 1.5, 0);
    T_NEAR(a[15], 16, 0);
    for (int i = 0; i < 4 * 1024; i++)
      T_NEAR(b[i], 2 * a[i], 0);
    free(in);
    free(out);
  }
}

/* The second run finds its lines in L2, where they are, and takes as long as a second pass does. */
T_TEST(systemc_platform, a_node_starts_again_with_warm_caches)
{
  char arguments[512];
  snprintf(arguments, sizeof arguments, "'%s' -w elements=0 --runs 3", stream());
  json_t *j = platform(arguments);
  T_EQ((long long)json_array_size(j), 3);
  T_CHECK(json_whole(j, "1.cycles") < json_whole(j, "0.cycles"));
  T_EQ(json_whole(j, "1.cycles"), json_whole(j, "2.cycles"));
  T_EQ(json_whole(j, "1.lines"), 0);
  T_NEAR(json_number(j, "1.began_ns"), json_number(j, "0.ended_ns"), 1e-6);
  json_decref(j);
}

/* The machine says what its DDR takes; a slower memory behind the socket is told, not hidden. */
T_TEST(systemc_platform, a_memory_slower_than_the_machine_says_is_reported)
{
  for (int approximate = 0; approximate < 2; approximate++) {
    char arguments[512];
    snprintf(arguments, sizeof arguments, "'%s' -w elements=0 --latency 40 --timing %s", stream(),
             approximate ? "approximate" : "loose");
    json_t *j = platform(arguments);
    T_EQ(json_whole(j, "0.late"), 256 * 64);
    T_NEAR(json_number(j, "0.latest_ns"), 40 - 17.5, 0.3);
    json_decref(j);
  }
  struct command c = {0};
  command(&c, PLATFORM "'%s' -w elements=0 --bandwidth 1", stream());
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "later than the machine's DDR would send them");
  command_end(&c);
}

T_TEST(systemc_platform, a_program_that_fails_says_why)
{
  struct command c = {0};
  const char *object = temp_path("deadlock.siw");
  command(&c, "vtpu asm asm/examples/deadlock.s -o '%s'", object);
  T_STATUS(&c, 0);
  command(&c, PLATFORM "'%s'", object);
  T_STATUS(&c, 4);
  T_CONTAINS(c.out, "run 1: failed");
  T_CONTAINS(c.err, "deadlock");
  command_end(&c);
}

static void refused(int status, const char *arguments, const char *message)
{
  struct command c = {0};
  command(&c, PLATFORM "%s", arguments);
  T_STATUS(&c, status);
  T_CONTAINS(c.err, message);
  command_end(&c);
}

T_TEST(systemc_platform, wrong_arguments_are_refused)
{
  char text[512];
  refused(2, "", "which program?");
  refused(3, "README.md", "not a vtpu object file");
  static const struct {
    const char *options, *message;
    int status;
  } wrong[] = {
      {"-w nothing=0", "no region \"nothing\"", 2},
      {"-w elements", "REGION=ADDRESS is needed", 2},
      {"-w elements=1x", "REGION=ADDRESS is needed", 2},
      {"-w elements=7", "does not begin at a multiple of 64", 2},
      {"-w elements=0x3fffffc0", "ends outside of the memory", 2},
      {"-d elements=x", "region \"elements\" has no --window", 2},
      {"--quantum 0", "a number from 1", 2},
      {"--timing cycle", "loose or approximate is needed", 2},
      {"--set dlen=64", "DLEN 512", 2},
      {"--machine nothing", "nothing", 3},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    snprintf(text, sizeof text, "'%s' %s", stream(), wrong[i].options);
    refused(wrong[i].status, text, wrong[i].message);
  }
  snprintf(text, sizeof text, "'%s' -w results=0 --dump results=/nowhere/x", stream());
  refused(6, text, "/nowhere/x: cannot write");
  snprintf(text, sizeof text, "'%s' --json /nowhere/x", stream());
  refused(6, text, "/nowhere/x");
}
