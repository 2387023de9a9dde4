/* Profiles of programs whose wall cycles and bounds can be counted by hand. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <stdio.h>
#include <string.h>

/* The row of a kernel. */
static json_t *kernel(json_t *profile, const char *name)
{
  json_t *rows = json_at(profile, "parts.0.kernels");
  for (size_t i = 0; i < json_array_size(rows); i++)
    if (strcmp(json_text(json_array_get(rows, i), "kernel"), name) == 0)
      return json_array_get(rows, i);
  T_FAIL("no kernel %s", name);
  return json_object();
}

static json_t *profile_of(const char *name, const char *text)
{
  struct command c = {0};
  command(&c, "vtpu run '%s' -q --profile-json -", assembled(name, text));
  T_STATUS(&c, 0);
  json_t *j = json_of_text(c.out);
  command_end(&c);
  return j;
}

T_TEST(cli_profile, a_barrier_does_not_burden_the_kernel_after_it)
{
  json_t *j = profile_of("meet.siw", ".dlen 64\n"
                                     ".group 0, 0..1\n"
                                     ".sentron slow, id=0, entry=slow, end=slow_end\n"
                                     ".sentron fast, id=1, entry=fast, end=fast_end\n"
                                     "slow:\n"
                                     ".mark \"work\", layer=0\n"
                                     "  { CLOOP l0, 1000, slow_loop }\n"
                                     "slow_loop:\n"
                                     "  { DADD r0, r0, r1 } :l0\n"
                                     ".mark \"meet\", layer=0\n"
                                     "  { CBAR 0 }\n"
                                     ".mark \"after\", layer=1\n"
                                     "  { DMUL r2, r0, r1 }\n"
                                     "  { DMUL r2, r2, r1 }\n"
                                     ".endmark\n"
                                     "slow_end:\n"
                                     "fast:\n"
                                     ".mark \"work\", layer=0\n"
                                     "  { CLOOP l0, 100, fast_loop }\n"
                                     "fast_loop:\n"
                                     "  { DADD r0, r0, r1 } :l0\n"
                                     ".mark \"meet\", layer=0\n"
                                     "  { CBAR 0 }\n"
                                     ".mark \"after\", layer=1\n"
                                     "  { DMUL r2, r0, r1 }\n"
                                     "  { DMUL r2, r2, r1 }\n"
                                     ".endmark\n"
                                     "fast_end:\n");
  json_t *work = kernel(j, "work"), *meet = kernel(j, "meet"), *after = kernel(j, "after");
  /* CLOOP and 1000 or 100 rounds of one SIW. */
  T_EQ(json_whole(work, "wall.cycles"), 1001);
  T_EQ(json_whole(work, "cycles"), 1001 + 101);
  T_NEAR(json_number(work, "balance"), (1001 + 101) / 2.0 / 1001, 1e-12);
  T_NEAR(json_number(work, "occupancy.d"), 1100 / (1001.0 * 2), 1e-12);
  T_NEAR(json_number(work, "bound.resources.compute"), 1000, 0);
  T_NEAR(json_number(work, "bound.resources.issue"), 1001, 0);
  T_EQ_STR(json_text(work, "bound.limited_by"), "issue");
  /* The barrier: one cycle of issue, Lnet 12 until the release; the fast one waits 900 more. */
  T_EQ(json_whole(meet, "wall.cycles"), 12);
  T_EQ(json_whole(meet, "stack.barrier"), 11 + 11 + 900);
  T_EQ_STR(json_text(meet, "bound.limited_by"), "barrier");
  T_EQ(json_whole(after, "stack.barrier"), 0);
  /* Two multiplications in a row, 3 cycles each: both sentrons equally. */
  T_EQ(json_whole(after, "wall.cycles"), 6);
  T_EQ(json_whole(after, "cycles"), 12);
  T_EQ(json_whole(after, "wall.stack.d_result"), 2);
  T_EQ(json_whole(j, "parts.0.total.wall.cycles"), 1001 + 12 + 6);
  json_decref(j);
}

T_TEST(cli_profile, what_bounds_a_stream)
{
  struct command c = {0};
  static const struct {
    const char *set, *by;
  } cases[] = {
      {"", "memory_entry"},               /* 16 entries, 71 cycles each: 4.4 a line */
      {"--set memory_entries=64", "ddr"}, /* 64 B at 15 B a cycle: 4.27 */
      {"--set ddr_bandwidth=6", "ddr"},   /* 10 times slower */
      {"--set ptc_miss=2000 --set contexts=1", "walker"}, /* 64 lines a page */
      {"--set memory_entries=1", "memory_entry"},
  };
  /* 15 gathers in flight: 273 rounds of 15 lines. */
  char text[2048];
  int used = snprintf(text, sizeof text,
                      ".dlen 512\n"
                      ".region data, rom, lo=0.0.0/1.1.1/1.1.1/1.1, pages=64\n"
                      ".init s0.p0 = 0.0.0/1.1.1/1.1.1/1.1\n"
                      ".sentron s0, id=0\n"
                      ".mark \"stream\"\n"
                      "  { CLOOP l0, 273, last }\n");
  for (int r = 1; r <= 15; r++)
    used += snprintf(text + used, sizeof text - (size_t)used,
                     "%s  { SGATHER r%d, [p0], 64 | CSTEP p0, linear, 1 }%s\n",
                     r == 15 ? "last:\n" : "", r, r == 15 ? " :l0\n.endmark" : "");
  const char *object = assembled("rom.siw", text);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    command(&c, "vtpu run '%s' -q --profile-json - %s", object, cases[i].set);
    T_STATUS(&c, 0);
    json_t *j = json_of_text(c.out), *row = kernel(j, "stream");
    if (strcmp(json_text(row, "bound.by"), cases[i].by) != 0)
      T_FAIL("%s: bound by %s, not %s", cases[i].set, json_text(row, "bound.by"), cases[i].by);
    T_EQ(json_whole(row, "tiers.ddr.bytes"), 273 * 15 * 64);
    T_CHECK(json_number(row, "bound.reached") > 0.8);
    T_EQ_STR(json_text(row, "bound.limited_by"), cases[i].by);
    json_decref(j);
  }
  command_end(&c);
}

T_TEST(cli_profile, a_program_without_marks_or_barriers)
{
  /* The longer sentron is the path; the other one runs beside it. */
  json_t *j = profile_of("beside.siw", ".dlen 64\n"
                                       ".sentron long, id=0, entry=a, end=b\n"
                                       ".sentron short, id=1, entry=b, end=c\n"
                                       "a:\n"
                                       ".mark \"long\"\n"
                                       "  { CLOOP l0, 50, a_loop }\n"
                                       "a_loop:\n"
                                       "  { DADD r0, r0, r1 } :l0\n"
                                       ".endmark\n"
                                       "b:\n"
                                       ".mark \"short\"\n"
                                       "  { CLOOP l0, 10, b_loop }\n"
                                       "b_loop:\n"
                                       "  { DADD r0, r0, r1 } :l0\n"
                                       ".endmark\n"
                                       "c:\n");
  T_EQ(json_whole(kernel(j, "long"), "wall.cycles"), 51);
  T_EQ(json_whole(kernel(j, "short"), "wall.cycles"), 0);
  T_EQ(json_whole(kernel(j, "short"), "wall.longest_sentron"), 11);
  T_EQ(json_whole(j, "parts.0.total.wall.cycles"), 51);
  T_CHECK(json_at(j, "parts.0.positions") == NULL);
  json_decref(j);
  j = profile_of("unmarked.siw", "  { DADD r0, r0, r1 }\n  { DADD r0, r0, r1 }\n");
  T_EQ(json_array_size(json_at(j, "parts.0.kernels")), 1);
  T_EQ(json_whole(kernel(j, "outside"), "wall.cycles"), 2);
  json_decref(j);
}

T_TEST(cli_profile, nodes_have_a_ddr_each)
{
  struct command c = {0};
  const char *object =
      assembled("nodes.siw", ".dlen 512\n"
                             ".region d0, rom, node=0, lo=0.0.0/1.1.1/1.1.1/1.1, pages=16\n"
                             ".region d1, rom, node=1, lo=0.0.0/1.1.1/1.1.1/1.1, pages=16\n"
                             ".init a.p0 = 0.0.0/1.1.1/1.1.1/1.1\n"
                             ".init b.p0 = 0.0.0/1.1.1/1.1.1/1.1\n"
                             ".sentron a, id=0, node=0, entry=go, end=stop\n"
                             ".sentron b, id=0, node=1, entry=go, end=stop\n"
                             ".mark \"stream\"\n"
                             "go:\n"
                             "  { CLOOP l0, 500, last }\n"
                             "  { SGATHER r1, [p0], 64 | CSTEP p0, linear, 1 }\n"
                             "last:\n"
                             "  { SGATHER r2, [p0], 64 | CSTEP p0, linear, 1 } :l0\n"
                             ".endmark\n"
                             "stop:\n");
  /* 2 of 3 nodes take part, each at 1.5 bytes a cycle. */
  command(&c,
          "vtpu run '%s' -q --profile-json - --set nodes=3 --set topology=ring "
          "--set ddr_bandwidth=6",
          object);
  T_STATUS(&c, 0);
  json_t *j = json_of_text(c.out), *row = kernel(j, "stream");
  T_EQ(json_whole(row, "cores"), 2);
  T_EQ(json_whole(row, "tiers.ddr.bytes"), 2 * 1000 * 64);
  T_NEAR(json_number(row, "bandwidth.ddr.peak_bytes_per_cycle"), 3, 1e-9);
  T_CHECK(json_number(row, "bandwidth.ddr.share") > 0.99);
  /* A line takes 64 / 1.5 cycles, kept in 1/256 of one. */
  T_NEAR(json_number(row, "bound.cycles"), 1000 * 10923 / 256.0, 1e-6);
  T_EQ_STR(json_text(row, "bound.limited_by"), "ddr");
  json_decref(j);
  command_end(&c);
}

T_TEST(cli_profile, waiting_for_messages_is_no_work)
{
  struct command c = {0};
  const char *object = temp_path("pingpong.siw");
  command(&c, "vtpu asm asm/examples/pingpong.s -o '%s' && vtpu run '%s' -q --profile-json -",
          object, object);
  T_STATUS(&c, 0);
  json_t *j = json_of_text(c.out), *total = json_at(j, "parts.0.total");
  T_EQ_STR(json_text(total, "bound.limited_by"), "messages");
  /* The path has all that its sentron does: what it waits, too. */
  T_EQ(json_whole(total, "wall.cycles"), json_whole(total, "wall.longest_sentron"));
  T_CHECK(json_whole(total, "wall.stack.message") * 2 > json_whole(total, "wall.cycles"));
  json_decref(j);
  command_end(&c);
}
