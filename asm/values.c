/* Typed values for data, initial registers and host writes, as little-endian bytes:
 *
 *   i64 1, 2, 3   i32 -1 x 16   f32 1.5, inf   bf16 0.1   i8 -128   bytes 0xff, "text"
 *   t2 +1, 0, -1  (four trits a byte, lowest bits first)   hex 00ff00ff x 8
 *
 * "value x count" repeats. A type holds until the next type; i64 if none is written. */
#include "asm/parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The rows of what a value can be; the first ELEM_COUNT are the element types. */
enum value_kind { KIND_BYTES = ELEM_COUNT, KIND_HEX, KIND_COUNT };

static const char *kind_name(int kind)
{
  return kind < ELEM_COUNT ? elem_names[kind] : kind == KIND_BYTES ? "bytes" : "hex";
}

static int kind_at_cursor(struct parser *ps)
{
  size_t n = word_length(ps);
  for (int kind = 0; n && kind < KIND_COUNT; kind++)
    if (word_equals(ps->p, n, kind_name(kind)))
      return kind;
  return -1;
}

bool value_type_is_next(struct parser *ps)
{
  return kind_at_cursor(ps) >= 0;
}

static bool make_room(struct parser *ps, struct value_bytes *out, uint64_t bytes)
{
  if (out->count + bytes <= out->capacity)
    return true;
  uint64_t capacity = out->capacity ? out->capacity : 64;
  while (capacity < out->count + bytes)
    capacity *= 2;
  uint8_t *more = realloc(out->bytes, capacity);
  if (!more)
    return fail_memory(ps);
  out->bytes = more;
  out->capacity = capacity;
  return true;
}

/* One value at the end of `out`, without its repeat. */
static bool parse_hex(struct parser *ps, struct value_bytes *out)
{
  skip(ps);
  const char *start = ps->p;
  for (;;) {
    int digits[2];
    for (int i = 0; i < 2; i++) {
      char c = ps->p < ps->end ? *ps->p : 0;
      digits[i] = c >= '0' && c <= '9'                 ? c - '0'
                  : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                       : -1;
      if (digits[i] >= 0)
        ps->p++;
      else if (i == 1)
        return fail(ps, ps->p, NULL, "hex takes two digits for each byte");
      else if (ps->p == start)
        return fail(ps, ps->p, NULL, "expected bytes in hexadecimal, two digits each");
      else
        return true;
    }
    if (!make_room(ps, out, 1))
      return false;
    out->bytes[out->count++] = (uint8_t)(digits[0] << 4 | digits[1]);
  }
}

static bool parse_text(struct parser *ps, struct value_bytes *out)
{
  enum { STRING_MAX = 4096 };
  size_t n;
  if (!make_room(ps, out, STRING_MAX) ||
      !parse_string(ps, (char *)out->bytes + out->count, STRING_MAX, &n))
    return false;
  out->count += n;
  return true;
}

static bool parse_scalar(struct parser *ps, int kind, uint64_t *bits)
{
  int64_t value = 0;
  uint32_t pattern = 0;
  bool ok = false;
  switch (kind) {
  case ELEM_I64: ok = parse_expression(ps, &value); break;
  case ELEM_I32: ok = parse_in_range(ps, INT32_MIN, UINT32_MAX, "an i32", &value); break;
  case ELEM_I8: ok = parse_in_range(ps, INT8_MIN, UINT8_MAX, "an i8", &value); break;
  case KIND_BYTES: ok = parse_in_range(ps, 0, UINT8_MAX, "a byte", &value); break;
  case ELEM_T2:
    ok = parse_in_range(ps, -1, 1, "a trit", &value);
    value = value < 0 ? 2 : value; /* 00 = 0, 01 = +1, 10 = -1 */
    break;
  default:
    ok = parse_float_bits(ps, (enum elem)kind, &pattern);
    value = (int64_t)pattern;
    if (ok && kind == ELEM_BF16 && pattern > 0xffff)
      return fail(ps, ps->p, NULL, "the bits of a bf16 are at most 0xffff");
    break;
  }
  *bits = (uint64_t)value;
  return ok;
}

/* Trits are packed: `trits` counts those in the last byte (0..3). */
static bool add_scalar(struct parser *ps, struct value_bytes *out, int kind, uint64_t bits,
                       uint64_t repeat, unsigned *trits)
{
  unsigned bytes = kind == KIND_BYTES ? 1 : elem_bits[kind] / 8u;
  if (!make_room(ps, out, kind == ELEM_T2 ? repeat / 4 + 2 : repeat * bytes))
    return false;
  for (uint64_t i = 0; i < repeat; i++) {
    if (kind != ELEM_T2) {
      for (unsigned j = 0; j < bytes; j++)
        out->bytes[out->count++] = (uint8_t)(bits >> 8 * j);
      continue;
    }
    if (*trits == 0)
      out->bytes[out->count++] = 0;
    out->bytes[out->count - 1] |= (uint8_t)(bits << 2 * *trits);
    *trits = (*trits + 1) % 4;
  }
  return true;
}

static bool parse_repeat(struct parser *ps, uint64_t *repeat)
{
  int64_t value;
  *repeat = 1;
  if (!take_word(ps, "x"))
    return true;
  if (!parse_in_range(ps, 1, INT64_C(1) << 40, "a repeat count", &value))
    return false;
  *repeat = (uint64_t)value;
  return true;
}

static bool fail_limit(struct parser *ps, const char *at, uint64_t limit, const char *what)
{
  return fail(ps, at, NULL, "these values do not fit: %s takes %llu bytes", what,
              (unsigned long long)limit);
}

/* One value and its repeat. */
static bool parse_value(struct parser *ps, int kind, struct value_bytes *out, uint64_t limit,
                        const char *what, unsigned *trits)
{
  uint64_t first = out->count, repeat, bits;
  skip(ps);
  const char *at = ps->p;
  bool bytes = kind == KIND_HEX || (kind == KIND_BYTES && next_is(ps, '"'));
  if (bytes) {
    if (!(kind == KIND_HEX ? parse_hex(ps, out) : parse_text(ps, out)) ||
        !parse_repeat(ps, &repeat))
      return false;
    uint64_t length = out->count - first;
    if (length > limit - first || (length && repeat > (limit - first) / length))
      return fail_limit(ps, at, limit, what);
    if (!make_room(ps, out, length * (repeat - 1)))
      return false;
    for (uint64_t i = 1; i < repeat; i++)
      memcpy(out->bytes + first + i * length, out->bytes + first, length);
    out->count = first + repeat * length;
    return true;
  }
  if (!parse_scalar(ps, kind, &bits) || !parse_repeat(ps, &repeat))
    return false;
  uint64_t scalar_bits = kind == KIND_BYTES ? 8 : elem_bits[kind];
  uint64_t free_bits = (limit - first) * 8 + (*trits ? 8 - 2 * *trits : 0);
  if (repeat > free_bits / scalar_bits)
    return fail_limit(ps, at, limit, what);
  return add_scalar(ps, out, kind, bits, repeat, trits);
}

bool parse_values(struct parser *ps, struct value_bytes *out, uint64_t limit, const char *what)
{
  int kind = ELEM_I64;
  unsigned trits = 0;
  bool others = false;
  const uint64_t most = UINT64_C(1) << 34; /* what a text may ask of the host */
  if (limit > most)
    limit = most;
  do {
    const char *at = ps->p;
    int next = kind_at_cursor(ps);
    if (next >= 0) {
      kind = next;
      ps->p += word_length(ps);
      trits = 0;
    }
    out->ternary |= kind == ELEM_T2;
    others |= kind != ELEM_T2 && kind != KIND_HEX;
    if (out->ternary && others)
      return fail(ps, at, NULL, "trits (t2) and other types do not share one list of values");
    if (next >= 0 && (next_is(ps, ',') || at_line_end(ps)))
      continue; /* a type alone: "f32, 1.0, 2.0" */
    if (!parse_value(ps, kind, out, limit, what, &trits))
      return false;
  } while (take_comma(ps));
  return true;
}
