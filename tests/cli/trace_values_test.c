/* What SIWs read and wrote: `--values` and `--value` of vtpu trace show, query and export, against
 * what the programs are known to do and against the debugger. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *traced(struct command *c, const char *example, const char *options)
{
  const char *object = temp_path("values.siw"), *trace = temp_path("values.trace");
  command(c, "vtpu asm asm/examples/%s.s -o '%s' && vtpu run '%s' -q --trace '%s' %s", example,
          object, object, trace, options);
  T_STATUS(c, 0);
  return trace;
}

T_TEST(cli_trace_values, show_has_what_is_read_gathered_scattered_and_sent)
{
  struct command c = {0};
  const char *trace = traced(&c, "microvtpu", "-m r23w6");
  command(&c, "vtpu trace show --values '%s'", trace);
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "\tmemory\tresults\toperands\tdata\n");
  T_CONTAINS(c.out, "SGATHER r1, [p1], 8 | - }\t2.1.1/1.1.1/1.1.1/1.1 ptc=hit tier=ddr ready=2\t"
                    "r1=0x7\tp1=2.1.1/1.1.1/1.1.1/1.1\tgathered=0x7\n");
  T_CONTAINS(c.out, "{ DMUL r4, r3, r2 | - | - }\t-\tr4=0x2a\tr2=0x2 r3=0x15\t-\n");
  /* Operands are those before the SIW wrote: CPACK fills m0, which was zero. */
  T_CONTAINS(c.out, "\tr3=0x15 m0=0x70000000000000003\tr0=0x3 r1=0x7 p3=4.1.1/1.1.1/1.1.1/1.1 "
                    "m0=0x0\t-\n");
  T_CONTAINS(c.out, "\tr4=0x2a p3=4.1.1/1.1.1/1.1.1/1.1 m0=0x70000000000000003\t"
                    "scattered=0x2a sent=0x70000000000000003\n");
  command(&c, "vtpu trace show '%s' | head -2 | tail -1", trace);
  T_EQ_STR(c.out, "# cycle\tsentron\tsiw\tplace\tstall\tslots\tmemory\tresults\n");
  command_end(&c);
}

/* The members of a collective have its result, not what was in the register when they came. */
T_TEST(cli_trace_values, collectives_have_their_results)
{
  struct command c = {0};
  const char *trace = traced(&c, "reduction_tree", "");
  command(&c, "vtpu trace query '%s' --opcode CREDUCE --values | grep -c '\tr4=0xff\tr0=0x'",
          trace);
  T_EQ_STR(c.out, "8\n");
  command(&c,
          "vtpu trace query '%s' --opcode CRECV --values | grep -c 'r1=0x[1-9a-f].*received=0x'",
          trace);
  const int received = atoi(c.out);
  command(&c, "vtpu trace query '%s' --opcode CRECV --count", trace);
  T_CHECK(received == atoi(c.out) && received > 10);
  command_end(&c);
}

/* A deadlocked run is told to its end, with the collective that never came to a result. */
T_TEST(cli_trace_values, a_collective_that_never_ends)
{
  struct command c = {0};
  const char *object = assembled("never.siw", ".dlen 64\n"
                                              ".group 0, 0, 1\n"
                                              ".init a.r0 = 5\n"
                                              ".sentron a, id=0\n"
                                              "  { CREDUCE.i64.sum r4, r0, 0 }\n"
                                              ".sentron b, id=1\n"
                                              "  { DADD r1, r0, r0 }\n"
                                              "  { CRECV r2, 0 }\n");
  const char *trace = temp_path("never.trace");
  command(&c, "vtpu run '%s' -q --trace '%s'", object, trace);
  T_STATUS(&c, 4);
  command(&c, "vtpu trace query --values '%s'", trace);
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "{ - | - | CREDUCE.sum r4, r0, 0 }\t-\t-\tr0=0x5\t-\n");
  T_CONTAINS(c.out, "{ DADD r1, r0, r0 | - | - }\t-\tr1=0x0\tr0=0x0\t-\n");
  command_end(&c);
}

/* --- the debugger -------------------------------------------------------------------------- */

/* Lanes of 64 bits as `print/x` has them, from a number as the trace has it. */
static void check_operand(struct command *c, const char *object, unsigned long long cycle,
                          const char *sentron, const char *operand)
{
  char name[16];
  unsigned long long low = 0;
  size_t length = strlen(operand);
  if (sscanf(operand, "%15[rm0-9]=0x", name) != 1)
    return;
  const char *digits = strchr(operand, 'x') + 1;
  length = strlen(digits);
  low = strtoull(length > 16 ? digits + length - 16 : digits, NULL, 16);
  command(c, "vtpu debug '%s' --batch -q -e 'sentron %s' -e 'goto %llu' -e 'print/x %s'", object,
          sentron, cycle, name);
  T_STATUS(c, 0);
  const char *value = strstr(c->out, "0x");
  T_REQUIRE(value);
  if (strtoull(value, NULL, 16) != low)
    T_FAIL("cycle %llu, sentron %s: the trace has %s, the debugger %s", cycle, sentron, operand,
           value);
}

T_TEST(cli_trace_values, the_debugger_has_the_same)
{
  static const char *const examples[] = {"microvtpu", "producer_consumer", "dot"};
  struct command c = {0}, d = {0};
  int compared = 0;
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
    char *line, *rest = NULL;
    const char *trace = traced(&c, examples[i], "");
    command(&c, "vtpu trace query --values --limit 400 '%s' | grep -v '^#' | awk 'NR %% 60 == 7'",
            trace);
    T_STATUS(&c, 0);
    for (line = strtok_r(c.out, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
      char *field[10], *words, *column = line;
      int fields = 0;
      while (fields < 10 && (field[fields] = strsep(&column, "\t")))
        fields++;
      T_REQUIRE(fields == 10);
      for (char *word = strtok_r(field[8], " ", &words); word; word = strtok_r(NULL, " ", &words)) {
        check_operand(&d, temp_path("values.siw"), strtoull(field[0], NULL, 10), field[1], word);
        compared++;
      }
    }
  }
  T_CHECK(compared > 10);
  command_end(&c);
  command_end(&d);
}

/* --- queries ------------------------------------------------------------------------------- */

T_TEST(cli_trace_values, a_value_is_found)
{
  static const struct {
    const char *query, *count;
  } cases[] = {
      {"--value 42", "3\n"},
      {"--value 0x2a", "3\n"},
      {"--value r4=42", "2\n"},
      {"--value r0=42", "1\n"},
      {"--value r5=42", "0\n"},
      {"--value -42", "0\n"},
      {"--value 84", "2\n"},
      {"--value 7 --opcode SGATHER", "1\n"},
      {"--value 7", "3\n"},
      {"--value 5.1.1/1.1.1/1.1.1/1.1", "1\n"},
      {"--value p3=4.1.1/1.1.1/1.1.1/1.1", "2\n"},
  };
  static const struct {
    const char *query, *says;
  } wrong[] = {
      {"--value x", "'x' is no value"},
      {"--value ''", "'' is no value"},
      {"--value 42q", "'42q' is no value"},
      {"--value r16=1", "there is no register 'r16'"},
      {"--value 1.2.3", "'1.2.3' is no value"},
      {"--value 99999999999999999999", "is no value"},
      {"--value 1 --no-values", "--no-values, and --value?"},
      {"--values --no-values", "--no-values, and --values?"},
  };
  struct command c = {0};
  const char *trace = traced(&c, "microvtpu", "-m r23w6");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    command(&c, "vtpu trace query '%s' --count %s", trace, cases[i].query);
    if (!T_STATUS(&c, 0) || strcmp(c.out, cases[i].count) != 0)
      T_FAIL("%s: %s, not %s", cases[i].query, c.out, cases[i].count);
  }
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    command(&c, "vtpu trace query '%s' %s", trace, wrong[i].query);
    T_CHECK(c.status == 2 || c.status == 64);
    T_CONTAINS(c.err, wrong[i].says);
  }
  trace = traced(&c, "stream", "");
  command(&c, "vtpu trace query '%s' --value 1.0 --pipe S --count", trace);
  T_CHECK(atoi(c.out) > 100);
  command(&c, "vtpu trace query '%s' --value 1.25 --count", trace);
  T_EQ_STR(c.out, "0\n");
  command_end(&c);
}

/* --- exports ------------------------------------------------------------------------------- */

T_TEST(cli_trace_values, exports_have_them)
{
  struct command c = {0};
  const char *trace = traced(&c, "microvtpu", "-m r23w6");
  command(&c, "vtpu trace export '%s' -f csv --values", trace);
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, ",r4=0x2a,r2=0x2 r3=0x15,-\r\n");
  T_CONTAINS(c.out, ",scattered=0x2a sent=0x70000000000000003\r\n");
  command(&c, "vtpu trace export '%s' -f csv | grep -c '=0x'", trace);
  T_EQ_STR(c.out, "0\n");
  command(&c, "vtpu trace export '%s' -f csv --value r4=42 | wc -l", trace);
  T_EQ_STR(c.out, "3\n");
  command(&c, "vtpu trace export '%s' -f konata --values", trace);
  T_CONTAINS(c.out, "\\nwrote r4=0x2a\\nread r2=0x2 r3=0x15\\ndata -\n");
  command(&c, "vtpu trace export '%s' -f perfetto --values", trace);
  T_STATUS(&c, 0);
  T_CONTAINS(c.out, "\"results\":\"r4=0x2a\",\"operands\":\"r2=0x2 r3=0x15\",\"data\":\"-\"");
  json_decref(json_of_text(c.out));
  command(&c, "vtpu trace export '%s' -f konata --values | grep -c '^I'", traced(&c, "stream", ""));
  T_EQ_STR(c.out, "50000\n");
  T_CONTAINS(c.err, "only the first 50000 SIWs, to cycle");
  command(&c, "vtpu trace export '%s' -f vcd --values", trace);
  T_CHECK(c.status == 2 || c.status == 64);
  T_CONTAINS(c.err, "vcd has signals only");
  command_end(&c);
}
