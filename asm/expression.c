/* Integer expressions over 64 bits, and the numbers of f32 and bf16.
 *
 * Operators and their order are C's: unary + - ~, then * / %, + -, << >>, &, ^, |. Arithmetic
 * wraps;
 * >> keeps the sign. In an operation, | between slots is no operator: it is one in parentheses. */
#include "asm/parser.h"
#include "isa/num.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPRESSION_DEPTH = 100 };

bool add_constant(struct parser *ps, const struct name *name, int64_t value)
{
  for (size_t i = 0; i < ps->constants.count; i++)
    if (!strcmp(ITEM(struct constant, ps->constants, i)->name.text, name->text))
      return fail(ps, name->at, NULL, "the constant %s is already defined", name->text);
  struct constant *c = list_add(&ps->constants, sizeof *c);
  if (!c)
    return fail_memory(ps);
  c->name = *name;
  c->value = value;
  return true;
}

static bool parse_constant(struct parser *ps, int64_t *value)
{
  size_t n = word_length(ps);
  for (size_t i = 0; i < ps->constants.count; i++) {
    const struct constant *c = ITEM(struct constant, ps->constants, i);
    if (strlen(c->name.text) == n && !memcmp(c->name.text, ps->p, n)) {
      *value = c->value;
      ps->p += n;
      return true;
    }
  }
  struct nearest near;
  char cure[PROBLEM_TEXT];
  nearest_start(&near, ps->p, n);
  for (size_t i = 0; i < ps->constants.count; i++)
    nearest_try(&near, ITEM(struct constant, ps->constants, i)->name.text);
  nearest_cure(&near, "constants are defined above their use: .equ NAME, value", cure);
  return fail(ps, ps->p, cure, "there is no constant %.*s", n > 60 ? 60 : (int)n, ps->p);
}

static int digit_of(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* 12, 0x1f, 0b101, 0o17; _ between digits. Up to 2^64 - 1 (then as its bits). */
static bool parse_number(struct parser *ps, int64_t *value)
{
  const char *start = ps->p;
  unsigned base = 10;
  uint64_t v = 0;
  if (ps->end - ps->p >= 2 && ps->p[0] == '0') {
    char letter = (char)(ps->p[1] | 32);
    base = letter == 'x' ? 16 : letter == 'b' ? 2 : letter == 'o' ? 8 : 10;
    if (base != 10)
      ps->p += 2;
  }
  unsigned digits = 0;
  for (; ps->p < ps->end && is_word_char(*ps->p); ps->p++) {
    if (*ps->p == '_')
      continue;
    unsigned d = (unsigned)digit_of(*ps->p);
    if (d >= base)
      return fail(ps, ps->p, NULL, "'%c' is no digit of a number to base %u", *ps->p, base);
    if (v > (UINT64_MAX - d) / base)
      return fail(ps, start, NULL, "this number does not fit into 64 bits");
    v = v * base + d;
    digits++;
  }
  if (digits == 0)
    return fail(ps, start, NULL, "this number has no digits");
  *value = (int64_t)v;
  return true;
}

bool parse_primary(struct parser *ps, int64_t *value)
{
  char what[SEEN_BYTES];
  skip(ps);
  if (ps->p < ps->end && *ps->p >= '0' && *ps->p <= '9')
    return parse_number(ps, value);
  if (word_length(ps))
    return parse_constant(ps, value);
  if (!next_is(ps, '('))
    return fail(ps, ps->p, NULL, "expected a number, not %s", seen(ps, what));
  ps->p++;
  ps->parens++;
  bool ok = parse_expression(ps, value) && expect(ps, ')', "the expression");
  ps->parens--;
  return ok;
}

static bool parse_unary(struct parser *ps, int64_t *value)
{
  skip(ps);
  char c = ps->p < ps->end ? *ps->p : 0;
  if (c != '-' && c != '+' && c != '~')
    return parse_primary(ps, value);
  if (ps->depth >= EXPRESSION_DEPTH)
    return fail(ps, ps->p, NULL, "this expression is nested too deeply");
  ps->p++;
  ps->depth++;
  bool ok = parse_unary(ps, value);
  ps->depth--;
  if (ok && c == '-')
    *value = (int64_t)(0 - (uint64_t)*value);
  if (ok && c == '~')
    *value = ~*value;
  return ok;
}

/* The binary operator at the cursor: its level (1 binds weakest), 0 if there is none. */
static int operator_level(struct parser *ps, char *op)
{
  skip(ps);
  if (ps->p >= ps->end)
    return 0;
  *op = *ps->p;
  switch (*op) {
  case '|': return ps->braces && !ps->parens ? 0 : 1;
  case '^': return 2;
  case '&': return 3;
  case '<':
  case '>': return ps->end - ps->p >= 2 && ps->p[1] == *op ? 4 : 0;
  case '+':
  case '-': return ps->end - ps->p >= 2 && ps->p[0] == '-' && ps->p[1] == '>' ? 0 : 5;
  case '*':
  case '/':
  case '%': return 6;
  default: return 0;
  }
}

static bool apply(struct parser *ps, const char *at, char op, int64_t *a, int64_t b)
{
  uint64_t x = (uint64_t)*a, y = (uint64_t)b;
  switch (op) {
  case '|': x |= y; break;
  case '^': x ^= y; break;
  case '&': x &= y; break;
  case '+': x += y; break;
  case '-': x -= y; break;
  case '*': x *= y; break;
  case '<':
  case '>':
    if (b < 0 || b > 63)
      return fail(ps, at, NULL, "a shift is by 0 to 63 bits, not by %lld", (long long)b);
    x = op == '<' ? x << b : (uint64_t)(*a >> b);
    break;
  default:
    if (b == 0)
      return fail(ps, at, NULL, "division by zero");
    if (b == -1)
      x = op == '/' ? 0 - x : 0; /* the host's division would overflow for the least number */
    else
      x = (uint64_t)(op == '/' ? *a / b : *a % b);
    break;
  }
  *a = (int64_t)x;
  return true;
}

static bool parse_level(struct parser *ps, int level, int64_t *value)
{
  char op = 0;
  if (!parse_unary(ps, value))
    return false;
  for (;;) {
    int found = operator_level(ps, &op);
    if (found == 0 || found < level)
      return true;
    const char *at = ps->p;
    ps->p += found == 4 ? 2 : 1;
    int64_t right;
    if (!parse_level(ps, found + 1, &right) || !apply(ps, at, op, value, right))
      return false;
  }
}

bool parse_expression(struct parser *ps, int64_t *value)
{
  if (ps->depth >= EXPRESSION_DEPTH)
    return fail(ps, ps->p, NULL, "this expression is nested too deeply");
  ps->depth++;
  bool ok = parse_level(ps, 1, value);
  ps->depth--;
  return ok;
}

bool parse_in_range(struct parser *ps, int64_t least, int64_t most, const char *what,
                    int64_t *value)
{
  skip(ps);
  const char *at = ps->p;
  if (!parse_expression(ps, value))
    return false;
  if (*value < least || *value > most)
    return fail(ps, at, NULL, "%s is %lld: it goes from %lld to %lld", what, (long long)*value,
                (long long)least, (long long)most);
  return true;
}

/* --- floating point ------------------------------------------------------------------------ */

/* Bytes of a floating-point number from `p` (after the sign); 0 if it is none. */
static size_t float_length(const struct parser *ps, const char *p)
{
  size_t room = (size_t)(ps->end - p), n = 0, digits = 0;
  bool is_float = false;
  while (n < room && p[n] >= '0' && p[n] <= '9') {
    n++;
    digits++;
  }
  if (n + 1 < room && p[n] == '.' && p[n + 1] != '.') {
    n++;
    is_float = true;
    while (n < room && p[n] >= '0' && p[n] <= '9') {
      n++;
      digits++;
    }
  } else if (n < room && p[n] == '.' && n + 1 == room) {
    n++;
    is_float = true;
  }
  if (digits == 0)
    return 0;
  if (n < room && (p[n] == 'e' || p[n] == 'E')) {
    size_t e = n + 1;
    if (e < room && (p[e] == '+' || p[e] == '-'))
      e++;
    if (e < room && p[e] >= '0' && p[e] <= '9') {
      while (e < room && p[e] >= '0' && p[e] <= '9')
        e++;
      n = e;
      is_float = true;
    }
  }
  return is_float ? n : 0;
}

/* Length of "inf" or "nan" at p as a whole word. */
static size_t special_length(const struct parser *ps, const char *p)
{
  size_t n = 0;
  while (p + n < ps->end && is_word_char(p[n]))
    n++;
  return n == 3 && (word_equals(p, 3, "inf") || word_equals(p, 3, "nan")) ? 3 : 0;
}

bool float_is_next(struct parser *ps)
{
  skip(ps);
  const char *p = ps->p;
  if (p < ps->end && (*p == '-' || *p == '+'))
    p++;
  return float_length(ps, p) || special_length(ps, p);
}

bool parse_float(struct parser *ps, double *value)
{
  char text[128];
  const char *start = ps->p;
  size_t sign = *ps->p == '-' || *ps->p == '+';
  size_t n = float_length(ps, ps->p + sign);
  if (n == 0)
    n = special_length(ps, ps->p + sign);
  if (n + sign >= sizeof text)
    return fail(ps, start, NULL, "this number has more than %zu characters", sizeof text - 2);
  memcpy(text, ps->p, n + sign);
  text[n + sign] = 0;
  ps->p += n + sign;
  if (ps->p < ps->end && is_word_char(*ps->p))
    return fail(ps, ps->p, NULL, "'%c' does not belong into a number", *ps->p);
  *value = strtod(text, NULL);
  return true;
}

static uint32_t f32_bits(const char *text)
{
  return num_bits(num_canonical(strtof(text, NULL)));
}

/* double to bf16 (8 bits of precision), nearest even, in integers; subnormals kept. */
static uint32_t bf16_bits(double value)
{
  if (isnan(value))
    return NUM_BF16_NAN;
  uint32_t sign = signbit(value) ? 0x8000 : 0;
  value = fabs(value);
  if (isinf(value))
    return sign | 0x7f80;
  int exponent;
  frexp(value, &exponent); /* value = m * 2^exponent, m in [0.5, 1) */
  /* Unit of the last place: 2^(exponent - 8), but no smaller than 2^-133. */
  int unit = exponent - 8 < -133 ? -133 : exponent - 8;
  double scaled = ldexp(value, -unit), whole = floor(scaled), rest = scaled - whole;
  uint32_t m = (uint32_t)whole;
  if (rest > 0.5 || (rest == 0.5 && (m & 1)))
    m++;
  /* m <= 256; adding the exponent lets a carry out of the fraction run into it. */
  uint32_t bits = m < 128 ? m : ((uint32_t)(unit + 133) << 7) + m;
  return sign | (bits > 0x7f80 ? 0x7f80 : bits);
}

bool parse_float_bits(struct parser *ps, enum elem type, uint32_t *bits)
{
  bool bf16 = type == ELEM_BF16;
  skip(ps);
  const char *start = ps->p;
  char text[160];
  if (float_is_next(ps)) {
    double value;
    if (!parse_float(ps, &value))
      return false;
    size_t n = (size_t)(ps->p - start);
    memcpy(text, start, n);
    text[n] = 0;
    *bits = bf16 ? bf16_bits(value) : f32_bits(text);
    return true;
  }
  bool hex = ps->end - ps->p >= 2 && ps->p[0] == '0' && (ps->p[1] | 32) == 'x';
  int64_t value;
  if (!parse_expression(ps, &value))
    return false;
  if (hex) {
    if (value < 0 || value > UINT32_MAX)
      return fail(ps, start, NULL, "the bits of a number are at most 0xffffffff");
    *bits = (uint32_t)value;
    return true;
  }
  snprintf(text, sizeof text, "%lld", (long long)value);
  *bits = bf16 ? bf16_bits((double)value) : f32_bits(text);
  float f = num_f32(bf16 ? *bits << 16 : *bits);
  if ((double)f != (double)value || fabs((double)value) > 1e15)
    return fail(ps, start, "write it with a point to have it rounded",
                "%lld is not a number that %s holds exactly", (long long)value, elem_names[type]);
  return true;
}
