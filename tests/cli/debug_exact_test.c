/* vtpu debug stops exactly: at the cycles that the trace of a run without it tells, with the state
 * that such a run has there, byte for byte, whichever way the stop was come to. */
#include "tests/cli/debug.h"
#include "tests/harness/harness.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- where it stops --------------------------------------------------------------------------- */

struct stop {
  unsigned long long cycle;
  unsigned node, sentron;
};

enum { STOPS_MAX = 2000 };
struct stops {
  struct stop at[STOPS_MAX];
  int count;
};

/* Of a line of the trace (README, "The trace"). */
typedef bool wanted_fn(unsigned sentron, unsigned siw, const char *stall, const char *memory);

static void stops_of_trace(struct stops *s, const char *object, wanted_fn *wanted)
{
  struct command c = {0};
  const char *trace = temp_path("debug.trace");
  command(&c, "vtpu run '%s' -q --trace '%s' && vtpu trace show --no-values '%s'", object, trace,
          trace);
  char *rest = c.out;
  s->count = 0;
  for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
    char *field[8] = {0};
    int n = 0;
    for (char *part; n < 8 && (part = strsep(&line, "\t")) != NULL;)
      field[n++] = part;
    if (n < 8 || field[0][0] == '#')
      continue;
    struct stop stop = {.cycle = strtoull(field[0], NULL, 10)};
    sscanf(field[1], "%u.%u", &stop.node, &stop.sentron);
    if (wanted(stop.sentron, (unsigned)atoi(field[2]), field[4], field[6]) && s->count < STOPS_MAX)
      s->at[s->count++] = stop;
  }
  command_end(&c);
}

/* "cycle 12, name (0.3): ..." */
static void stops_of_session(struct stops *s, const char *out)
{
  s->count = 0;
  for (const char *p = out; (p = strstr(p, "cycle ")) != NULL; p++) {
    struct stop stop;
    if ((p == out || p[-1] == '\n') && s->count < STOPS_MAX &&
        sscanf(p, "cycle %llu, %*s (%u.%u):", &stop.cycle, &stop.node, &stop.sentron) == 3)
      s->at[s->count++] = stop;
  }
}

/* The breakpoint stops at all of them and only there, forth and back. In one cycle it stops once.
 */
static void check_stops(const char *name, const char *where, wanted_fn *wanted)
{
  static struct stops want, got;
  struct command c = {0};
  const char *object = debug_example(name);
  char lines[STOPS_MAX * 20];
  stops_of_trace(&want, object, wanted);
  int distinct = 0;
  for (int i = 0; i < want.count; i++)
    if (i == 0 || want.at[i].cycle != want.at[i - 1].cycle)
      want.at[distinct++] = want.at[i];
  T_CHECK(distinct > 3 && distinct < STOPS_MAX);
  snprintf(lines, sizeof lines, "break %s\ncontinue %d\n", where, distinct);
  debug_lines(&c, object, "", lines);
  stops_of_session(&got, c.out);
  T_EQ(got.count, distinct);
  for (int i = 0; i < distinct && i < got.count; i++)
    if (got.at[i].cycle != want.at[i].cycle || got.at[i].sentron != want.at[i].sentron) {
      T_FAIL("%s, %s: stop %d is at cycle %llu of sentron %u, not %llu of %u", name, where, i,
             got.at[i].cycle, got.at[i].sentron, want.at[i].cycle, want.at[i].sentron);
      break;
    }
  /* One more continue is the end. */
  snprintf(lines, sizeof lines, "break %s\nignore 1 1000000\ncontinue\ninfo breakpoints\n", where);
  debug_lines(&c, object, "", lines);
  T_CHECK(strstr(c.out, "The program is done") || strstr(c.out, "The program fails"));
  char hits[60];
  snprintf(hits, sizeof hits, "hit %d time", want.count);
  T_CONTAINS(c.out, hits);
  /* And back, from the end, some with a checkpoint on the way. */
  int back = distinct < 8 ? distinct : 8;
  snprintf(lines, sizeof lines, "goto %llu\ncheckpoint\nbreak %s\ncontinue 1000000\n",
           want.at[distinct / 2].cycle, where);
  for (int i = 0; i < back; i++)
    strcat(lines, "echo back\nreverse-continue\n");
  debug_lines(&c, object, "", lines);
  const char *from = strstr(c.out, "back\n");
  T_REQUIRE(from != NULL);
  stops_of_session(&got, from);
  T_EQ(got.count, back);
  for (int i = 0; i < back && i < got.count; i++)
    if (got.at[i].cycle != want.at[distinct - 1 - i].cycle) {
      T_FAIL("%s, %s: back to cycle %llu, not %llu", name, where, got.at[i].cycle,
             want.at[distinct - 1 - i].cycle);
      break;
    }
  command_end(&c);
}

static bool is_siw_6(unsigned sentron, unsigned siw, const char *stall, const char *memory)
{
  (void)sentron, (void)stall, (void)memory;
  return siw == 6;
}

static bool is_consumer(unsigned sentron, unsigned siw, const char *stall, const char *memory)
{
  (void)siw, (void)stall, (void)memory;
  return sentron == 1;
}

static bool is_miss(unsigned sentron, unsigned siw, const char *stall, const char *memory)
{
  (void)sentron, (void)siw, (void)stall;
  return strstr(memory, "ptc=miss") != NULL;
}

static bool is_gather_in_d3_5_to_9(unsigned sentron, unsigned siw, const char *stall,
                                   const char *memory)
{
  unsigned d[4];
  (void)sentron, (void)stall;
  return (siw == 1 || siw == 12) &&
         sscanf(memory, "%u.%u.%u/%u", &d[0], &d[1], &d[2], &d[3]) == 4 && d[3] >= 5 && d[3] <= 9;
}

static bool is_credit(unsigned sentron, unsigned siw, const char *stall, const char *memory)
{
  (void)sentron, (void)siw, (void)memory;
  return strncmp(stall, "credit:", 7) == 0;
}

T_TEST(cli_debug_exact, breakpoints_stop_where_the_trace_says)
{
  check_stops("smt_pair", "@6", is_siw_6);
  check_stops("reduction_tree", "sentron s1", is_consumer);
  check_stops("prefetch", "miss", is_miss);
  check_stops("prefetch", "access *.*.*/5-9.* gather", is_gather_in_d3_5_to_9);
  check_stops("producer_consumer", "stall credit", is_credit);
}

/* At random cycles: who is said to issue is who issues there. */
static void check_issues(const char *name, const char *options)
{
  enum { CYCLES = 150 };
  struct command c = {0};
  const char *object = debug_example(name), *trace = temp_path("debug.trace");
  char *lines = calloc(CYCLES, 60);
  unsigned long long seed = 7, cycle[CYCLES], at = 100;
  for (int i = 0; i < CYCLES; i++) {
    cycle[i] = at;
    sprintf(lines + strlen(lines), "echo =\ngoto %llu\necho :\ninfo sentrons\n", at);
    at += 1 + t_random(&seed) % 4;
  }
  command(&c, "vtpu run '%s' %s -q --trace '%s' && vtpu trace show --no-values '%s'", object,
          options, trace, trace);
  char *told = strdup(c.out);
  debug_script(&c, object, options, lines);
  T_STATUS(&c, 0);
  const char *p = c.out;
  int issues = 0;
  for (int i = 0; i < CYCLES && (p = strstr(p, "\n:\n")) != NULL; i++) {
    p += 3;
    for (; *p && *p != '='; p += strcspn(p, "\n") + 1) {
      char who[60], line[80], where[100];
      unsigned long long node, id;
      snprintf(where, sizeof where, "%.*s", (int)strcspn(p, "\n"), p);
      const char *open = strchr(where, '(');
      if (!open || sscanf(open, "(%llu.%llu)", &node, &id) != 2)
        continue;
      snprintf(who, sizeof who, "%llu.%llu", node, id);
      snprintf(line, sizeof line, "\n%llu\t%s\t", cycle[i], who);
      bool said = strstr(p, "issues in this cycle") &&
                  strstr(p, "issues in this cycle") < p + strcspn(p, "\n");
      bool does = strstr(told, line) != NULL;
      issues += does;
      if (said != does)
        T_FAIL("%s, cycle %llu, sentron %s: %s\n%.*s", name, cycle[i], who,
               does ? "it issues" : "it does not issue", (int)strcspn(p, "\n"), p);
    }
  }
  T_CHECK(issues > CYCLES / 20);
  free(told);
  free(lines);
  command_end(&c);
}

T_TEST(cli_debug_exact, who_issues_in_a_cycle_is_told_as_the_trace_tells_it)
{
  check_issues("smt_pair", "");
  check_issues("producer_consumer", "");
  check_issues("reduction_tree", "--set cores=4 --set l3_cores=2");
  check_issues("microvtpu_items", "");
}

/* --- the state at a stop -----------------------------------------------------------------------
 */

/* One random command; every kind of way to a stop. `known`: breakpoints that have been made. */
static void random_command(unsigned long long *seed, char *lines, size_t room, unsigned siws,
                           int *known)
{
  char line[100];
  unsigned n = 1 + (unsigned)(t_random(seed) % 7);
  unsigned siw = (unsigned)(t_random(seed) % siws);
  switch (t_random(seed) % 14) {
  case 0: snprintf(line, sizeof line, "step %u", n); break;
  case 1: snprintf(line, sizeof line, "cycle %u", n * 13); break;
  case 2: snprintf(line, sizeof line, "tick %u", n); break;
  case 3: snprintf(line, sizeof line, "next %u", n); break;
  case 4: snprintf(line, sizeof line, "tbreak @%u", siw); break;
  case 5: snprintf(line, sizeof line, "continue"); break;
  case 6: snprintf(line, sizeof line, "reverse-step %u", n); break;
  case 7: snprintf(line, sizeof line, "reverse-cycle %u", n * 11); break;
  case 8: snprintf(line, sizeof line, "checkpoint"); break;
  case 9: snprintf(line, sizeof line, "break @%u if cycle > %u", siw, n * 60); break;
  case 10: snprintf(line, sizeof line, "delete"); break;
  case 11: snprintf(line, sizeof line, "reverse-continue"); break;
  case 12: snprintf(line, sizeof line, "watch r%u", n); break;
  default: snprintf(line, sizeof line, "sentron @%u", n % 2); break;
  }
  ++*known;
  snprintf(lines + strlen(lines), room - strlen(lines), "%s\n", line);
}

/* What is seen at a stop. */
static const char looks[] = "echo ===\n"
                            "sentron @0\ninfo registers\nbacktrace\n"
                            "sentron 0.1\ninfo registers\nbacktrace\n"
                            "info sentrons\ninfo queues\ninfo ptc\ninfo stack\necho ---\n";

/* From "===" on, without the times of what is not over: of those the engine may know more or less.
 */
static char *view_of(const char *out)
{
  const char *from = strstr(out, "===\n"), *end = from ? strstr(from, "---\n") : NULL;
  char *view = strndup(end ? from : "", end ? (size_t)(end - from) : 0), *to = view;
  for (const char *p = view; *p;) {
    if (strncmp(p, " until cycle ", 13) == 0) {
      p += 13 + strspn(p + 13, "0123456789");
      if (to > view && to[-1] == ',')
        to--;
      continue;
    }
    *to++ = *p++;
  }
  *to = '\0';
  return view;
}

/* How a run goes on from a checkpoint, to its end: its trace and its report. */
static char *rest_of_run(const char *object, const char *options, const char *checkpoint)
{
  struct command c = {0};
  const char *trace = temp_path("debug.trace"), *json = temp_path("debug.json");
  command(&c,
          "vtpu run '%s' %s --resume '%s' -q --registers --trace '%s' --json '%s' && "
          "vtpu trace show --no-values '%s' && grep -v -e host_seconds -e command_line '%s'",
          object, options, checkpoint, trace, json, trace, json);
  T_STATUS(&c, 0);
  char *out = strdup(c.out);
  command_end(&c);
  return out;
}

/* Walks at random, looks, saves the state; the same must be seen where a run goes that is not
 * walked, and it must go on in the same way. */
static bool check_walk(const char *name, const char *options, unsigned siws,
                       unsigned long long seed)
{
  struct command c = {0};
  const char *object = debug_example(name);
  const char *ours = temp_path("debug_ours.ckp"), *plain = temp_path("debug_plain.ckp");
  char lines[4000] = "", walk[4000], go[400];
  int known = 0;
  unsigned long long start = seed;
  for (int i = 0; i < 20; i++)
    random_command(&seed, lines, sizeof lines, siws, &known);
  snprintf(walk, sizeof walk, "%s", lines);
  snprintf(lines + strlen(lines), sizeof lines - strlen(lines), "print cycle\n%scheckpoint %s\n",
           looks, ours);
  debug_lines(&c, object, options, lines);
  const char *at = strstr(c.out, "\ncycle = ");
  unsigned long long cycle = at ? strtoull(at + 9, NULL, 10) : 0;
  char *seen = view_of(c.out);
  snprintf(go, sizeof go, "goto %llu\n%s", cycle, looks);
  debug_script(&c, object, options, go);
  T_STATUS(&c, 0);
  bool alive = strstr(seen, "issues in this cycle") || strstr(seen, "waits");
  char *plainly = view_of(c.out);
  T_CHECK(strlen(seen) > 1000);
  if (strcmp(seen, plainly) != 0)
    T_FAIL("%s %s, seed %llu: at cycle %llu, come to by\n%swas seen\n%snot\n%s", name, options,
           start, cycle, walk, seen, plainly);
  free(seen);
  free(plainly);
  command(&c, "vtpu run '%s' %s -q --checkpoint-at %llu '%s'", object, options, cycle, plain);
  bool goes_on = c.status == 0 && alive; /* else the program was done */
  command_end(&c);
  if (!goes_on)
    return false;
  char *a = rest_of_run(object, options, ours), *b = rest_of_run(object, options, plain);
  T_CHECK(strlen(a) > 500);
  if (strcmp(a, b) != 0)
    T_FAIL("%s %s, seed %llu: from cycle %llu, come to by\n%sit goes on in another way", name,
           options, start, cycle, walk);
  free(a);
  free(b);
  return true;
}

T_TEST(cli_debug_exact, the_state_at_a_stop_is_that_of_a_plain_run)
{
  static const struct {
    const char *name, *options;
    unsigned siws;
  } programs[] = {
      {"microvtpu_items", "", 30}, {"smt_pair", "", 7},          {"microvtpu", "", 8},
      {"reduction_tree", "", 80},  {"producer_consumer", "", 9}, {"pingpong", "-m zen4", 8},
  };
  int walks = getenv("VTPU_LONG") ? 60 : 2, compared = 0;
  for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
    for (int k = 0; k < walks; k++)
      compared += check_walk(programs[i].name, programs[i].options, programs[i].siws,
                             1000 * i + (unsigned)k + 1);
  T_CHECK(compared >= walks * 2); /* the others came to the end */
}
