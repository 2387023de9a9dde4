/* Golden runs: the full report of the examples (sim/schema.md), every figure, compared with what
 * lies in tests/sim/golden. After a change of the model that is meant to change them,
 *
 *   VTPU_RENEW=1 build/tests/sim_test --gtest_filter='golden.*'
 *
 * writes the files anew; the difference then is what to look at before it is committed. */
#include "asm/assemble.h"
#include "sim/report.h"
#include "tests/asm/texts.h"
#include "tests/harness/harness.h"

#include <stdlib.h>
#include <string.h>

/* The report as text; NULL after a failed check. */
static char *report_of(const char *example, const char *preset)
{
  char path[200], *text = NULL;
  struct object o;
  struct machine m;
  struct vtpu *v = NULL;
  struct vtpu_statistics *s = NULL;
  struct vtpu_error err;
  enum vtpu_status status;
  snprintf(path, sizeof path, "asm/examples/%s.s", example);
  if (machine_load(preset, &m, &err) || assemble_file(path, &o, &err)) {
    T_FAIL("%s", err.message);
    return NULL;
  }
  m.dlen = o.dlen;
  if (vtpu_new(&m, &o, NULL, &v, &err)) {
    T_FAIL("%s", err.message);
  } else {
    bool failed = vtpu_run(v, UINT64_MAX, &status, &err) != 0;
    if (vtpu_statistics(v, &s, &err) == 0) {
      struct report r = {.command = "run",
                         .program = path,
                         .machine = &m,
                         .object = &o,
                         .statistics = s,
                         .registers = v,
                         .end = failed ? REPORT_FAILED : REPORT_DONE,
                         .error = failed ? err.message : NULL};
      json_t *j = report_json(&r);
      json_object_del(json_object_get(j, "machine"), "parameters"); /* a preset's name says it */
      text = json_dumps(j, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
      json_decref(j);
      vtpu_statistics_free(s);
    }
    vtpu_free(v);
  }
  object_free_parts(&o);
  return text;
}

static void check_golden(const char *example, const char *preset)
{
  char path[200];
  snprintf(path, sizeof path, "tests/sim/golden/%s.%s.json", example, preset);
  char *got = report_of(example, preset);
  T_REQUIRE(got != NULL);
  if (getenv("VTPU_RENEW")) {
    FILE *out = fopen(path, "w");
    T_REQUIRE(out != NULL);
    fprintf(out, "%s\n", got);
    fclose(out);
  }
  size_t bytes;
  char *want = text_of_file(path, &bytes);
  if (!want) {
    T_FAIL("%s is missing: VTPU_RENEW=1 writes it", path);
    free(got);
    return;
  }
  const char *a = got, *b = want;
  for (int line = 1;; line++) {
    size_t n = strcspn(a, "\n"), k = strcspn(b, "\n");
    if (n != k || memcmp(a, b, n) != 0) {
      T_FAIL("%s:%d: expected %.*s\nbut the run says %.*s", path, line, (int)k, b, (int)n, a);
      break;
    }
    if (!a[n])
      break;
    a += n + 1;
    b += b[k] ? k + 1 : k;
  }
  free(want);
  free(got);
}

T_TEST(golden, microvtpu)
{
  check_golden("microvtpu", "r23w6");
  check_golden("microvtpu", "spec");
}
T_TEST(golden, spec_stream)
{
  check_golden("spec_stream", "spec");
}
T_TEST(golden, stream)
{
  check_golden("stream", "spec");
  check_golden("stream", "zen4");
}
T_TEST(golden, barrier)
{
  check_golden("barrier", "spec");
}
T_TEST(golden, pingpong)
{
  check_golden("pingpong", "zen4");
}
T_TEST(golden, deadlock)
{
  check_golden("deadlock", "spec");
}
