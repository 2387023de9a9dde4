/* What SIWs read and wrote, as text, and looked for: see trace_values.h. */
#include "sim/cli/trace_values.h"

#include "isa/print.h"
#include "sim/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- text ---------------------------------------------------------------------------------- */

/* Little-endian bytes as one number, without leading zeros. */
static void put_hex(FILE *out, const uint8_t *bytes, unsigned count)
{
  unsigned top = count;
  while (top > 1 && bytes[top - 1] == 0)
    top--;
  fprintf(out, "0x%x", top ? bytes[top - 1] : 0);
  while (top-- > 1)
    fprintf(out, "%02x", bytes[top - 1]);
}

static struct coord coordinate_of(const uint8_t *bytes)
{
  return (struct coord){.lo = register_word(bytes), .hi = register_word(bytes + 8)};
}

static void put_registers(FILE *out, const struct vtpu_value *v, unsigned count)
{
  if (!count)
    fputc('-', out);
  for (unsigned i = 0; i < count; i++) {
    char name[REGISTER_NAME_BYTES], coord[COORD_TEXT_BYTES];
    fprintf(out, "%s%s=", i ? " " : "", register_name(v[i].reg, name));
    if (v[i].reg >= REG_P && v[i].reg < REG_M)
      fputs(coord_print(coordinate_of(v[i].value), coord), out);
    else
      put_hex(out, v[i].value, v[i].bytes);
  }
}

void values_put_results(FILE *out, const struct vtpu_issue *i)
{
  put_registers(out, i ? i->result : NULL, i ? i->result_count : 0);
}

void values_put_operands(FILE *out, const struct vtpu_issue *i)
{
  put_registers(out, i ? i->operand : NULL, i ? i->operand_count : 0);
}

/* The bytes of a gather or scatter, in its register; NULL if it is neither, or they are not known.
 */
static const uint8_t *memory_bytes(const struct tracefile *t, const struct vtpu_issue *i,
                                   const char **what, unsigned *count)
{
  if (!i)
    return NULL;
  const struct slot *s = &t->bundles[i->siw].slot[PIPE_S];
  const bool gather = s->op == OP_SGATHER || s->op == OP_SGATHERM;
  if (!gather && s->op != OP_SSCATTR)
    return NULL;
  const struct vtpu_value *v = gather ? i->result : i->operand;
  const unsigned of = gather ? i->result_count : i->operand_count;
  const int reg = REG_R + (gather ? s->rd : s->rs1);
  *what = gather ? "gathered" : "scattered";
  *count = (unsigned)s->width;
  for (unsigned k = 0; k < of; k++)
    if (v[k].reg == reg)
      return v[k].value + s->at;
  return NULL;
}

/* The contents of a message, from its record: false if it is none. */
static bool message_bytes(const struct trace_record *m, uint8_t bytes[M_BYTES])
{
  if (m->kind != TRACE_SEND && m->kind != TRACE_RECEIVE)
    return false;
  for (unsigned b = 0; b < M_BYTES; b++)
    bytes[b] = (uint8_t)(m->field[2 + b / 8] >> b % 8 * 8);
  return true;
}

void values_put_data(FILE *out, const struct tracefile *t, const struct trace_step *s,
                     const struct vtpu_issue *i)
{
  const char *what, *before = "";
  unsigned count;
  uint8_t message[M_BYTES];
  const uint8_t *bytes = memory_bytes(t, i, &what, &count);
  if (bytes) {
    fprintf(out, "%s=", what);
    put_hex(out, bytes, count);
    before = " ";
  }
  for (unsigned k = 0; k < s->messages; k++)
    if (message_bytes(&s->message[k], message)) {
      fprintf(out, "%s%s=", before, s->message[k].kind == TRACE_SEND ? "sent" : "received");
      put_hex(out, message, M_BYTES);
      before = " ";
    }
  if (!*before)
    fputc('-', out);
}

/* --- looking for a value ------------------------------------------------------------------- */

static int no_value(const char *text, struct vtpu_error *err)
{
  return vtpu_fail(err, VTPU_USAGE,
                   "--value: '%s' is no value\n  write 42, -1, 0x2a, 1.5 (f32) or a coordinate, "
                   "after r3= if only that register counts",
                   text);
}

/* 42, -1, 0x2a; 1.5 and 1e3 are f32. */
static bool parse_number(const char *text, struct value_pattern *p)
{
  char *end;
  errno = 0;
  if (text[strspn(text, "+-")] < '0' || text[strspn(text, "+-")] > '9')
    return false;
  const bool negative = *text == '-';
  p->wide = negative ? (uint64_t)strtoll(text, &end, 0) : strtoull(text, &end, 0);
  p->word = (uint32_t)p->wide;
  p->fits_word = negative ? (int64_t)p->wide >= INT32_MIN : p->wide <= UINT32_MAX;
  if (*end == 0)
    return errno == 0;
  const float real = strtof(text, &end);
  memcpy(&p->word, &real, sizeof p->word);
  p->wide = (uint64_t)p->word << 32 | p->word; /* two lanes alike: no other 64 bits are meant */
  p->fits_word = true;
  return *end == 0;
}

int value_pattern_parse(const char *text, struct value_pattern *out, struct vtpu_error *err)
{
  const char *equals = strchr(text, '='), *value = equals ? equals + 1 : text, *why;
  *out = (struct value_pattern){.set = true, .reg = -1};
  for (unsigned r = 0; equals && r < REG_COUNT; r++) {
    char name[REGISTER_NAME_BYTES];
    register_name(r, name);
    if (strlen(name) == (size_t)(equals - text) && strncmp(name, text, strlen(name)) == 0)
      out->reg = (int)r;
  }
  if (equals && out->reg < 0)
    return vtpu_fail(err, VTPU_USAGE,
                     "--value: there is no register '%.*s'\n  there are r0 to r15, p0 to p7, m0 to "
                     "m3, l0 to l3",
                     (int)(equals - text), text);
  if (parse_number(value, out))
    return 0;
  const int length = coord_parse(value, &out->coord, &why);
  out->is_coordinate = length > 0 && value[length] == 0;
  return out->is_coordinate ? 0 : no_value(text, err);
}

static bool bytes_have(const struct value_pattern *p, const uint8_t *bytes, unsigned count)
{
  uint8_t padded[72] = {0}; /* a value of 1 byte is a lane too */
  memcpy(padded, bytes, count);
  for (unsigned at = 0; at < count; at += 4) {
    uint64_t wide = register_word(padded + at);
    if ((at % 8 == 0 && wide == p->wide) || (p->fits_word && (uint32_t)wide == p->word))
      return true;
  }
  return false;
}

static bool registers_have(const struct value_pattern *p, const struct vtpu_value *v,
                           unsigned count)
{
  for (unsigned i = 0; i < count; i++) {
    const bool place = v[i].reg >= REG_P && v[i].reg < REG_M;
    const struct coord c = place ? coordinate_of(v[i].value) : (struct coord){0};
    if ((p->reg >= 0 && p->reg != v[i].reg) || place != p->is_coordinate)
      continue;
    if (place ? c.lo == p->coord.lo && c.hi == p->coord.hi : bytes_have(p, v[i].value, v[i].bytes))
      return true;
  }
  return false;
}

bool value_pattern_fits(const struct value_pattern *p, const struct tracefile *t,
                        const struct trace_step *s, const struct vtpu_issue *i)
{
  const char *what;
  unsigned count;
  uint8_t message[M_BYTES];
  if (i && (registers_have(p, i->result, i->result_count) ||
            registers_have(p, i->operand, i->operand_count)))
    return true;
  if (p->reg >= 0 || p->is_coordinate)
    return false;
  const uint8_t *bytes = memory_bytes(t, i, &what, &count);
  if (bytes && bytes_have(p, bytes, count))
    return true;
  for (unsigned k = 0; k < s->messages; k++)
    if (message_bytes(&s->message[k], message) && bytes_have(p, message, M_BYTES))
      return true;
  return false;
}
