/* Expressions of `print` and of conditions: integers and reals, registers, cells, the operators of
 * C with their precedence. A place without a lane means its lane 0. See debug.h. */
#include "sim/cli/debug/debug.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* --- places -------------------------------------------------------------------------------------
 */

static bool is_name(char c)
{
  return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* "r12": the scoreboard index, -1 if it is no register. */
static int register_index(const char *word, size_t n)
{
  static const struct {
    char letter;
    int first, count;
  } files[] = {
      {'r', REG_R, R_COUNT}, {'p', REG_P, P_COUNT}, {'m', REG_M, M_COUNT}, {'l', REG_L, L_COUNT}};
  if (n < 2 || n > 3)
    return -1;
  int number = 0;
  for (size_t i = 1; i < n; i++) {
    if (!isdigit((unsigned char)word[i]))
      return -1;
    number = number * 10 + word[i] - '0';
  }
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    if (files[i].letter == word[0] && number < files[i].count)
      return files[i].first + number;
  return -1;
}

/* ".f32", ".d3", ".offset", "[2]" behind a place. */
static int parse_suffixes(const struct debug *d, const char **p, struct place *out,
                          struct vtpu_error *err)
{
  bool p_register = !out->cell && out->reg >= REG_P && out->reg < REG_M;
  if (**p == '.') {
    char word[16];
    size_t n = 1;
    while (is_name((*p)[n]))
      n++;
    snprintf(word, sizeof word, "%.*s", (int)n - 1, *p + 1);
    uint64_t dim;
    if (p_register) {
      if (strcmp(word, "offset") == 0)
        out->dim = COORD_DIMS;
      else if (word[0] == 'd' && !parse_count(word + 1, 0, 10, "dimension", &dim, NULL))
        out->dim = (int)dim;
      else
        return debug_fail(err, "'.%s' is no part of a coordinate: .d0 to .d10, .offset", word);
    } else if (parse_elem(word, &out->view)) {
      return debug_fail(err, "'.%s' is no type: .i64 .i32 .f32 .bf16 .i8 .t2", word);
    } else {
      out->view_given = true;
    }
    *p += n;
  }
  if (**p != '[')
    return 0;
  const char *from = *p + 1;
  size_t n = strcspn(from, "]");
  char text[32];
  uint64_t lane;
  snprintf(text, sizeof text, "%.*s", (int)n, from);
  unsigned bytes = out->cell           ? CELL_BYTES - coord_offset(out->coord)
                   : out->reg < REG_P  ? d->object.dlen / 8
                   : out->reg >= REG_L ? 4
                                       : M_BYTES;
  if (p_register)
    return debug_fail(err, "a coordinate has no lanes; its parts are .d0 to .d10, .offset");
  if (from[n] != ']')
    return debug_fail(err, "the bracket of '%s' is not closed", *p);
  int bad = parse_count(text, 0, bytes * 8 / elem_bits[out->view] - 1, "lane", &lane, err);
  if (bad)
    return bad;
  out->lane = (int)lane;
  *p = from + n + 1;
  return 0;
}

int parse_place(const struct debug *d, const char **p, struct place *out, struct vtpu_error *err)
{
  const char *at = word_skip(*p);
  *out = (struct place){.sentron = d->focus,
                        .node = d->object.sentrons[d->focus].node,
                        .view = d->view,
                        .lane = -1,
                        .dim = -1};
  if (*at == '[') {
    out->cell = true;
    int bad = parse_cell(d, &at, &out->coord, err);
    if (!bad)
      bad = parse_suffixes(d, &at, out, err);
    if (!bad)
      *p = at;
    return bad;
  }
  size_t n = 0;
  if (*at == '@') /* a sentron by its index */
    n++;
  while (is_name(at[n]))
    n++;
  int reg = register_index(at, n);
  if (reg < 0 && at[n] == '.') { /* SENTRON.REGISTER, NODE.ID.REGISTER */
    char name[80];
    size_t dots = n;
    if (isdigit((unsigned char)*at))
      while (is_name(at[++dots]))
        ;
    size_t end = dots + 1;
    while (at[dots] == '.' && is_name(at[end]))
      end++;
    reg = at[dots] == '.' ? register_index(at + dots + 1, end - dots - 1) : -1;
    if (reg < 0)
      return 1;
    snprintf(name, sizeof name, "%.*s", (int)dots, at);
    int bad = parse_sentron(d, name, &out->sentron, err);
    if (bad)
      return bad;
    n = end;
  }
  if (reg < 0)
    return 1;
  out->reg = (unsigned)reg;
  if (reg >= REG_L)
    out->view = ELEM_I32;
  at += n;
  int bad = parse_suffixes(d, &at, out, err);
  if (!bad)
    *p = at;
  return bad;
}

/* --- the parser ---------------------------------------------------------------------------------
 */

struct parse {
  const struct debug *d;
  const char *p, *text;
  int depth;
  struct vtpu_error *err;
};

static int parse_binary(struct parse *s, int level, struct number *out);

static double real(struct number n)
{
  return n.real ? n.f : (double)n.i;
}

static bool is_true(struct number n)
{
  return n.real ? n.f != 0 : n.i != 0;
}

static struct number whole(int64_t i)
{
  return (struct number){.i = i};
}

static int place_number(struct parse *s, const struct place *place, struct number *out)
{
  uint8_t bytes[64];
  unsigned count;
  int bad = place_read(s->d, place, bytes, &count, s->err);
  if (bad)
    return bad;
  bool p_register = !place->cell && place->reg >= REG_P && place->reg < REG_M;
  if (!p_register) {
    *out = lane_number(bytes, place->view, place->lane < 0 ? 0 : (unsigned)place->lane);
    return 0;
  }
  struct coord c;
  memcpy(&c, bytes, sizeof c);
  if (place->dim < 0)
    return debug_fail(s->err, "a coordinate is no number; its parts are .d0 to .d10, .offset");
  *out = whole(place->dim == COORD_DIMS ? coord_offset(c) : coord_dim(c, place->dim));
  return 0;
}

static int parse_name(struct parse *s, struct number *out)
{
  struct vtpu_sentron_look look;
  size_t n = 0;
  while (is_name(s->p[n]))
    n++;
  vtpu_look_sentron(s->d->state, s->d->focus, s->d->at, &look);
  if (n == 5 && memcmp(s->p, "cycle", n) == 0)
    *out = whole((int64_t)s->d->at);
  else if (n == 3 && memcmp(s->p, "siw", n) == 0)
    *out = whole(look.siw);
  else if (n == 0)
    return debug_fail(s->err, "a number, register, cell, `cycle' or `siw' is missing at '%s'",
                      s->p);
  else
    return debug_fail(s->err,
                      "'%.*s' is nothing with a value\n"
                      "  values: 5 0x1f 1.5, r3 r3.f32[2] bob.r3, p0.d3 p0.offset, m0 l0, "
                      "[1.2.3/4.5.6/7.8.9/10.11].i8[3], cycle, siw",
                      (int)n, s->p);
  s->p += n;
  return 0;
}

static int parse_primary(struct parse *s, struct number *out)
{
  s->p = word_skip(s->p);
  if (++s->depth > 100)
    return debug_fail(s->err, "the expression is nested too deeply");
  int bad = 0;
  struct place place;
  char c = *s->p;
  if (c == '(') {
    s->p++;
    bad = parse_binary(s, 0, out);
    s->p = word_skip(s->p);
    if (!bad && *s->p != ')')
      bad = debug_fail(s->err, "a ')' is missing in '%s'", s->text);
    s->p += !bad;
  } else if (c == '-' || c == '+' || c == '~' || c == '!') {
    s->p++;
    bad = parse_primary(s, out);
    if (bad)
      return bad;
    if (c == '~' && out->real)
      return debug_fail(s->err, "~ takes a whole number");
    if (c == '!')
      *out = whole(!is_true(*out));
    else if (c == '~')
      out->i = ~out->i;
    else if (c == '-' && out->real)
      out->f = -out->f;
    else if (c == '-')
      out->i = (int64_t)(0 - (uint64_t)out->i);
  } else if ((bad = parse_place(s->d, &s->p, &place, s->err)) == 0) {
    bad = place_number(s, &place, out);
  } else if (bad == 1 && (isdigit((unsigned char)c) || c == '.')) {
    char *end, *real_end;
    double f = strtod(s->p, &real_end);
    int64_t i = (int64_t)strtoull(s->p, &end, 0);
    bool is_real = real_end > end;
    *out = is_real ? (struct number){.real = true, .f = f} : whole(i);
    s->p = is_real ? real_end : end;
    bad = is_name(*s->p) ? debug_fail(s->err, "'%s' does not go on as a number", s->text) : 0;
  } else if (bad == 1) {
    bad = parse_name(s, out);
  }
  s->depth--;
  return bad;
}

enum operator{
  OR,
  AND,
  BIT_OR,
  BIT_XOR,
  BIT_AND,
  EQUAL,
  UNEQUAL,
  LESS_EQUAL,
  GREATER_EQUAL,
  SHIFT_LEFT,
  SHIFT_RIGHT,
  LESS,
  GREATER,
  PLUS,
  MINUS,
  TIMES,
  DIVIDE,
  MODULO,
  OPERATORS
};
/* Longer ones first where one begins another. */
static const struct {
  const char *text;
  int level;
} operators[OPERATORS] = {
    [OR] = {"||", 0},         [AND] = {"&&", 1},         [BIT_OR] = {"|", 2},
    [BIT_XOR] = {"^", 3},     [BIT_AND] = {"&", 4},      [EQUAL] = {"==", 5},
    [UNEQUAL] = {"!=", 5},    [LESS_EQUAL] = {"<=", 6},  [GREATER_EQUAL] = {">=", 6},
    [SHIFT_LEFT] = {"<<", 7}, [SHIFT_RIGHT] = {">>", 7}, [LESS] = {"<", 6},
    [GREATER] = {">", 6},     [PLUS] = {"+", 8},         [MINUS] = {"-", 8},
    [TIMES] = {"*", 9},       [DIVIDE] = {"/", 9},       [MODULO] = {"%", 9},
};
enum { LEVELS = 10 };

static int operator_at(const char *p)
{
  for (int i = 0; i < OPERATORS; i++)
    if (strncmp(p, operators[i].text, strlen(operators[i].text)) == 0)
      return i;
  return -1;
}

static int apply_whole(struct parse *s, enum operator o, int64_t a, int64_t b, int64_t *out)
{
  uint64_t x = (uint64_t)a, y = (uint64_t)b;
  switch (o) {
  case BIT_OR: *out = a | b; return 0;
  case BIT_XOR: *out = a ^ b; return 0;
  case BIT_AND: *out = a & b; return 0;
  case SHIFT_LEFT: *out = (int64_t)(y < 64 ? x << y : 0); return 0;
  case SHIFT_RIGHT: *out = a >> (y < 64 ? y : 63); return 0;
  case PLUS: *out = (int64_t)(x + y); return 0;
  case MINUS: *out = (int64_t)(x - y); return 0;
  case TIMES: *out = (int64_t)(x * y); return 0;
  default: break;
  }
  if (b == 0 && s->d->dry)
    return 0;
  if (b == 0)
    return debug_fail(s->err, "division by zero in '%s'", s->text);
  if (b == -1)
    *out = o == DIVIDE ? (int64_t)(0 - x) : 0;
  else
    *out = o == DIVIDE ? a / b : a % b;
  return 0;
}

static int apply_operator(struct parse *s, enum operator o, struct number a, struct number b,
                          struct number *out)
{
  bool reals = a.real || b.real;
  int order = reals ? (real(a) > real(b)) - (real(a) < real(b)) : (a.i > b.i) - (a.i < b.i);
  bool unordered = reals && (real(a) != real(a) || real(b) != real(b)); /* a NaN */
  switch (o) {
  case OR: *out = whole(is_true(a) || is_true(b)); return 0;
  case AND: *out = whole(is_true(a) && is_true(b)); return 0;
  case EQUAL: *out = whole(order == 0 && !unordered); return 0;
  case UNEQUAL: *out = whole(order != 0 || unordered); return 0;
  case LESS: *out = whole(order < 0); return 0;
  case GREATER: *out = whole(order > 0); return 0;
  case LESS_EQUAL: *out = whole(order <= 0 && !unordered); return 0;
  case GREATER_EQUAL: *out = whole(order >= 0 && !unordered); return 0;
  default: break;
  }
  if (!reals) {
    *out = whole(0);
    return apply_whole(s, o, a.i, b.i, &out->i);
  }
  double x = real(a), y = real(b);
  *out = (struct number){.real = true};
  switch (o) {
  case PLUS: out->f = x + y; return 0;
  case MINUS: out->f = x - y; return 0;
  case TIMES: out->f = x * y; return 0;
  case DIVIDE: out->f = x / y; return 0;
  default: return debug_fail(s->err, "%s takes whole numbers", operators[o].text);
  }
}

static int parse_binary(struct parse *s, int level, struct number *out)
{
  if (level == LEVELS)
    return parse_primary(s, out);
  int bad = parse_binary(s, level + 1, out);
  while (!bad) {
    s->p = word_skip(s->p);
    int o = operator_at(s->p);
    if (o < 0 || operators[o].level != level)
      break;
    s->p += strlen(operators[o].text);
    struct number right;
    bad = parse_binary(s, level + 1, &right);
    if (!bad)
      bad = apply_operator(s, (enum operator)o, *out, right, out);
  }
  return bad;
}

int evaluate(const struct debug *d, const char *text, struct number *out, struct vtpu_error *err)
{
  struct parse s = {.d = d, .p = text, .text = text, .err = err};
  int bad = parse_binary(&s, 0, out);
  if (!bad && !word_is_end(s.p))
    bad = debug_fail(err, "'%s' is left over in '%s'", word_skip(s.p), text);
  return bad;
}

int evaluate_dry(struct debug *d, const char *text, struct vtpu_error *err)
{
  struct number n;
  d->dry = true;
  int bad = evaluate(d, text, &n, err);
  d->dry = false;
  return bad;
}
