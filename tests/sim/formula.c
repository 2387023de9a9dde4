/* A formula by recursive descent:
 *
 *   sum     = product { (+ | -) product }
 *   product = factor { (* | /) factor }           / rounds up
 *   factor  = number | name | ( sum ) | max ( sum , sum ) | min ( sum , sum )
 */
#include "tests/sim/formula.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct reader {
  const char *at;
  formula_lookup *lookup;
  void *user;
  const char *complaint;
};

static int64_t sum(struct reader *r);

static bool next_is(struct reader *r, char c)
{
  r->at += strspn(r->at, " \t");
  if (*r->at != c)
    return false;
  r->at++;
  return true;
}

static void expect(struct reader *r, char c)
{
  if (!next_is(r, c) && !r->complaint)
    r->complaint = "a parenthesis or comma is missing";
}

static int64_t factor(struct reader *r)
{
  int64_t value = 0;
  if (next_is(r, '(')) {
    value = sum(r);
    expect(r, ')');
    return value;
  }
  if (isdigit((unsigned char)*r->at)) {
    char *end;
    value = strtoll(r->at, &end, 10);
    r->at = end;
    return value;
  }
  char name[64];
  size_t length = 0;
  while (length + 1 < sizeof name &&
         (isalnum((unsigned char)r->at[length]) || r->at[length] == '_' || r->at[length] == '.'))
    length++;
  memcpy(name, r->at, length);
  name[length] = '\0';
  bool larger = !strcmp(name, "max");
  if (larger || !strcmp(name, "min")) {
    r->at += length;
    expect(r, '(');
    int64_t a = sum(r);
    expect(r, ',');
    int64_t b = sum(r);
    expect(r, ')');
    return larger == (a > b) ? a : b;
  }
  if (!length || !r->lookup(r->user, name, &value))
    r->complaint = r->complaint ? r->complaint : "a number, parameter or label is missing";
  r->at += length;
  return value;
}

static int64_t product(struct reader *r)
{
  int64_t value = factor(r);
  for (;;) {
    if (next_is(r, '*')) {
      value *= factor(r);
    } else if (next_is(r, '/')) {
      int64_t by = factor(r);
      value = by > 0 ? (value + by - 1) / by : 0;
    } else {
      return value;
    }
  }
}

static int64_t sum(struct reader *r)
{
  int64_t value = product(r);
  for (;;) {
    if (next_is(r, '+'))
      value += product(r);
    else if (next_is(r, '-'))
      value -= product(r);
    else
      return value;
  }
}

int64_t formula(const char **at, formula_lookup *lookup, void *user, const char **complaint)
{
  struct reader r = {*at, lookup, user, NULL};
  int64_t value = sum(&r);
  *at = r.at;
  *complaint = r.complaint;
  return value;
}
