/* --timeline: the windows of every counter sum to the run's, wherever the run is stopped, and
 * looking changes nothing. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <stdlib.h>

static long long sum_of(json_t *timeline, const char *series, size_t windows)
{
  json_t *list = json_at(timeline, series);
  long long sum = 0;
  if (json_array_size(list) != windows)
    T_FAIL("%s has %zu windows, not %zu", series, json_array_size(list), windows);
  for (size_t i = 0; i < json_array_size(list); i++)
    sum += json_integer_value(json_array_get(list, i));
  return sum;
}

/* Windows are as long as is said, and every series sums to the figure of the run. */
static void check_timeline(json_t *run, long long most)
{
  static const struct {
    const char *series, *figure;
  } sums[] = {
      {"siws", "siws"},
      {"pipe_ops.d", "pipe_ops.d"},
      {"pipe_ops.s", "pipe_ops.s"},
      {"pipe_ops.c", "pipe_ops.c"},
      {"macs", "macs"},
      {"mac_ops", "mac_ops"},
      {"ptc.hits", "ptc.hits"},
      {"ptc.misses", "ptc.misses"},
      {"tier_bytes.l1", "tiers.l1.bytes"},
      {"tier_bytes.l2", "tiers.l2.bytes"},
      {"tier_bytes.l3", "tiers.l3.bytes"},
      {"tier_bytes.ddr", "tiers.ddr.bytes"},
  };
  json_t *t = json_at(run, "timeline");
  T_REQUIRE(t != NULL);
  size_t windows = json_array_size(json_at(t, "siws"));
  long long length = json_whole(t, "window_cycles"), cycles = json_whole(run, "cycles");
  T_EQ(json_whole(t, "first_cycle"), 0);
  T_CHECK((long long)windows <= most);
  T_CHECK((long long)windows * length >= cycles);
  T_CHECK(((long long)windows - 1) * length < cycles);
  for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
    if (sum_of(t, sums[i].series, windows) != json_whole(run, sums[i].figure))
      T_FAIL("%s sums to %lld, the run has %lld", sums[i].series,
             sum_of(t, sums[i].series, windows), json_whole(run, sums[i].figure));
}

T_TEST(cli_timeline, windows_sum_to_the_run)
{
  static const char *const windows[] = {"2", "3", "64", "4096"};
  static const int most[] = {2, 2, 64, 4096};
  struct command c = {0};
  const char *object = temp_path("timeline.siw");
  command(&c, "vtpu asm asm/examples/stream.s -o '%s'", object);
  T_STATUS(&c, 0);
  command(&c, "vtpu run '%s' -q --json -", object);
  T_STATUS(&c, 0);
  json_t *plain = json_of_text(c.out);
  json_object_del(plain, "host_seconds");
  json_object_del(plain, "command_line");
  for (int i = 0; i < 4; i++) {
    command(&c, "vtpu run '%s' -q --json - --timeline %s", object, windows[i]);
    T_STATUS(&c, 0);
    json_t *run = json_of_text(c.out);
    check_timeline(run, most[i]);
    json_object_del(run, "host_seconds");
    json_object_del(run, "command_line");
    json_object_del(run, "timeline");
    T_CHECK(json_equal(run, plain)); /* looking changes nothing */
    json_decref(run);
  }
  json_decref(plain);
  command_end(&c);
}

T_TEST(cli_timeline, host_phases_faults_and_limits)
{
  struct command c = {0};
  const char *object = temp_path("timeline_host.siw");
  command(&c, "vtpu asm asm/examples/microvtpu.s -o '%s'", object);
  T_STATUS(&c, 0);
  command(&c, "vtpu run '%s' --machine r23w6 -q --json - --timeline 8", object);
  T_STATUS(&c, 0);
  json_t *run = json_of_text(c.out);
  check_timeline(run, 8);
  T_EQ(json_whole(run, "timeline.ptc.hits.0"), 6); /* those of the host directives too */
  json_decref(run);
  object = assembled("timeline_fault.siw", ".dlen 64\n.init main.r1 = 1\n.sentron main, id=0\n"
                                           "  { CLOOP l0, 300, last }\n"
                                           "last:\n"
                                           "  { DADD r1, r1, r1 } :l0\n"
                                           "  { SGATHER r0, [9.9.9/9.9.9/9.9.9/9.9], 8 }\n");
  command(&c, "vtpu run '%s' -q --json - --timeline 4", object);
  T_STATUS(&c, 4);
  run = json_of_text(c.out);
  check_timeline(run, 4);
  json_decref(run);
  command_end(&c);
}

T_TEST(cli_timeline, an_inference_cut_for_its_profile)
{
  struct command c = {0};
  command(&c,
          "vtpu infer --model '%s' --token-ids '%s' --tokens 6 --timeline 32 --json - "
          "--profile-json '%s'",
          small_model(), temp_text("timeline.ids", "7\n1\n40\n"),
          temp_path("timeline_profile.json"));
  T_STATUS(&c, 0);
  json_t *run = json_of_text(c.out);
  check_timeline(run, 32);
  T_CHECK(json_array_size(json_at(run, "timeline.siws")) >= 16);
  T_CHECK(json_number(run, "timeline.window_cycles") > 64); /* windows have been joined */
  json_decref(run);
  command_end(&c);
}

T_TEST(cli_timeline, the_line_of_the_command_is_in_the_report)
{
  struct command c = {0};
  const char *object = assembled("line.siw", "{ DADD r0, r0, r1 }\n");
  command(&c,
          "here=$PWD; cd \"$(dirname '%s')\" && cp line.siw \"it's.siw\" && "
          "\"$here\"/" VTPU_BINARY " run -q \"it's.siw\" --json -",
          object);
  T_STATUS(&c, 0);
  json_t *run = json_of_text(c.out);
  T_EQ_STR(json_text(run, "command_line"), "vtpu run -q 'it'\\''s.siw' --json -");
  T_CHECK(json_text(run, "version")[0] == '0');
  json_decref(run);
  command_end(&c);
}
