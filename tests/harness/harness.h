/* A C harness over GoogleTest: tests are C17 files, GoogleTest runs, filters and reports them.
 *
 *   #include "tests/harness/harness.h"
 *   T_TEST(ptc, hit_after_fill) { T_CHECK(x == 1); T_EQ(a, b); }
 *
 * A check that fails marks the test as failed and goes on; T_REQUIRE leaves the function.
 */
#ifndef VTPU_TESTS_HARNESS_H
#define VTPU_TESTS_HARNESS_H

#ifdef __cplusplus
extern "C" {
#endif

void t_register(const char *suite, const char *name, const char *file, int line, void (*body)(void));
void t_fail(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
void t_skip(const char *file, int line, const char *why);

/* The path of the data folder beside the project (VTPU_SHARED_DATA or ../shared/data seen from the
 * project's top) joined with `relative`, or NULL when that file is absent. The string lives until
 * the fourth call after. */
const char *t_shared(const char *relative);
/* A fresh path in a temporary folder that is removed when the test binary ends; same lifetime. */
const char *t_temp(const char *name);
/* The next number of splitmix64 (Steele, Lea, Flood 2014): the same sequence for the same state. */
unsigned long long t_random(unsigned long long *state);
/* The project's top folder (tests run there). */
const char *t_top(void);

#define T_TEST(suite, name)                                                                        \
  static void t_body_##suite##_##name(void);                                                       \
  __attribute__((constructor)) static void t_reg_##suite##_##name(void)                            \
  {                                                                                                \
    t_register(#suite, #name, __FILE__, __LINE__, t_body_##suite##_##name);                        \
  }                                                                                                \
  static void t_body_##suite##_##name(void)

#define T_FAIL(...) t_fail(__FILE__, __LINE__, __VA_ARGS__)
#define T_CHECK(cond) ((cond) ? (void)0 : t_fail(__FILE__, __LINE__, "not true: %s", #cond))
#define T_REQUIRE(cond)                                                                            \
  do {                                                                                             \
    if (!(cond)) {                                                                                 \
      t_fail(__FILE__, __LINE__, "not true: %s", #cond);                                           \
      return;                                                                                      \
    }                                                                                              \
  } while (0)
/* Integers, compared and printed as long long. */
#define T_EQ(a, b)                                                                                 \
  do {                                                                                             \
    long long t_a = (long long)(a), t_b = (long long)(b);                                          \
    if (t_a != t_b)                                                                                \
      t_fail(__FILE__, __LINE__, "%s = %lld, but %s = %lld", #a, t_a, #b, t_b);                    \
  } while (0)
#define T_EQ_HEX(a, b)                                                                             \
  do {                                                                                             \
    unsigned long long t_a = (unsigned long long)(a), t_b = (unsigned long long)(b);               \
    if (t_a != t_b)                                                                                \
      t_fail(__FILE__, __LINE__, "%s = 0x%llx, but %s = 0x%llx", #a, t_a, #b, t_b);                \
  } while (0)
#define T_EQ_STR(a, b) t_eq_str(__FILE__, __LINE__, #a, a, #b, b)
#define T_CONTAINS(text, part) t_contains(__FILE__, __LINE__, text, part)
#define T_NEAR(a, b, tolerance) t_near(__FILE__, __LINE__, #a, a, #b, b, tolerance)
#define T_SKIP(why)                                                                                \
  do {                                                                                             \
    t_skip(__FILE__, __LINE__, why);                                                               \
    return;                                                                                        \
  } while (0)

void t_eq_str(const char *file, int line, const char *name_a, const char *a, const char *name_b, const char *b);
void t_contains(const char *file, int line, const char *text, const char *part);
void t_near(const char *file, int line, const char *name_a, double a, const char *name_b, double b, double tolerance);

#ifdef __cplusplus
}
#endif
#endif
