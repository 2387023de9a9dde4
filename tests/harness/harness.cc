// A C harness over GoogleTest: see harness.h.
#include "tests/harness/harness.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace {

class CTest : public testing::Test {
 public:
  explicit CTest(void (*body)(void)) : body_(body) {}
  void TestBody() override { body_(); }

 private:
  void (*body_)(void);
};

struct Entry {
  const char *suite, *name, *file;
  int line;
  void (*body)(void);
};

// Constructors of C files run before main in no stated order, so the list is made on first use.
std::vector<Entry> &entries()
{
  static std::vector<Entry> list;
  return list;
}

const char *keep(std::string s)
{
  static std::string ring[4];
  static int next;
  std::string &slot = ring[next++ % 4];
  slot = std::move(s);
  return slot.c_str();
}

struct TempDir {
  std::filesystem::path path;
  TempDir()
  {
    std::string pattern = (std::filesystem::temp_directory_path() / "vtpu-test-XXXXXX").string();
    if (!mkdtemp(pattern.data())) {
      perror("mkdtemp");
      exit(2);
    }
    path = pattern;
  }
  ~TempDir()
  {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

}  // namespace

extern "C" {

void t_register(const char *suite, const char *name, const char *file, int line, void (*body)(void))
{
  entries().push_back({suite, name, file, line, body});
}

void t_fail(const char *file, int line, const char *format, ...)
{
  char text[8192];
  va_list ap;
  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  ADD_FAILURE_AT(file, line) << text;
}

void t_skip(const char *file, int line, const char *why)
{
  testing::internal::AssertHelper(testing::TestPartResult::kSkip, file, line, why) = testing::Message();
  printf("skipped: %s\n", why);
}

const char *t_top(void) { return "."; }

const char *t_shared(const char *relative)
{
  const char *set = getenv("VTPU_SHARED_DATA");
  std::filesystem::path p = std::filesystem::path(set ? set : "../shared/data") / relative;
  std::error_code ec;
  return std::filesystem::exists(p, ec) ? keep(p.string()) : nullptr;
}

unsigned long long t_random(unsigned long long *state)
{
  unsigned long long z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

const char *t_temp(const char *name)
{
  static TempDir dir;
  return keep((dir.path / name).string());
}

void t_eq_str(const char *file, int line, const char *name_a, const char *a, const char *name_b, const char *b)
{
  if (!a || !b || strcmp(a, b) != 0)
    t_fail(file, line, "%s is\n%s\nbut %s is\n%s", name_a, a ? a : "(null)", name_b, b ? b : "(null)");
}

void t_contains(const char *file, int line, const char *text, const char *part)
{
  if (!text || !strstr(text, part))
    t_fail(file, line, "expected to find\n%s\nin\n%s", part, text ? text : "(null)");
}

void t_near(const char *file, int line, const char *name_a, double a, const char *name_b, double b, double tolerance)
{
  if (!(std::fabs(a - b) <= tolerance))
    t_fail(file, line, "%s = %.9g, but %s = %.9g (tolerance %.3g)", name_a, a, name_b, b, tolerance);
}

}  // extern "C"

int main(int argc, char **argv)
{
  setvbuf(stdout, nullptr, _IOLBF, 0);
  testing::InitGoogleTest(&argc, argv);
  for (const Entry &e : entries())
    testing::RegisterTest(e.suite, e.name, nullptr, nullptr, e.file, e.line,
                          [body = e.body]() -> CTest * { return new CTest(body); });
  return RUN_ALL_TESTS();
}
