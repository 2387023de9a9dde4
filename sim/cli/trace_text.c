/* The text trace: see trace_text.h. */
#include "sim/cli/trace_text.h"

#include "isa/print.h"
#include "sim/report.h"

#include <inttypes.h>

void trace_text_header(FILE *out, const char *program, const struct machine *m)
{
  fprintf(out,
          "# vtpu-trace-1 program %s machine %s\n"
          "# cycle\tsentron\tsiw\tplace\tstall\tslots\tmemory\tresults\n",
          program, m->name);
}

/* The label of a SIW, for the targets of branches and loops. */
static const char *label_of(const void *context, uint32_t siw)
{
  const struct object *o = context;
  for (uint32_t i = 0; i < o->symbol_count; i++) {
    if (o->symbols[i].siw == siw)
      return o->symbols[i].name;
  }
  return NULL;
}

static void print_memory(FILE *out, const struct vtpu_issue *i)
{
  char coord[COORD_TEXT_BYTES];
  if (!i->has_memory) {
    fputs("\t-", out);
    return;
  }
  fprintf(out, "\t%s ptc=%s tier=%s ready=%" PRIu64, coord_print(i->coord, coord),
          i->ptc_hit ? "hit" : "miss",
          i->tier >= STALL_L1 && i->tier <= STALL_DDR ? stall_keys[i->tier] : "none", i->ready);
}

/* Little-endian bytes as one number, without leading zeros. */
static void print_hex(FILE *out, const uint8_t *bytes, unsigned count)
{
  unsigned top = count;
  while (top > 1 && bytes[top - 1] == 0)
    top--;
  fprintf(out, "0x%x", top ? bytes[top - 1] : 0);
  while (top-- > 1)
    fprintf(out, "%02x", bytes[top - 1]);
}

static void print_results(FILE *out, const struct vtpu_issue *i)
{
  if (!i->result_count)
    fputs("\t-", out);
  for (unsigned k = 0; k < i->result_count; k++) {
    char name[REGISTER_NAME_BYTES], coord[COORD_TEXT_BYTES];
    unsigned reg = i->result[k].reg;
    const uint8_t *value = i->result[k].value;
    fprintf(out, "%c%s=", k ? ' ' : '\t', register_name(reg, name));
    if (reg >= REG_P && reg < REG_M) {
      struct coord c = {.lo = register_word(value), .hi = register_word(value + 8)};
      fputs(coord_print(c, coord), out);
    } else {
      print_hex(out, value, i->result[k].bytes);
    }
  }
}

void trace_text_line(void *user, const struct vtpu_issue *i)
{
  const struct trace_text *t = user;
  const struct siw_labels labels = {label_of, t->object};
  char place[SYMBOL_TEXT_BYTES], slots[BUNDLE_TEXT_BYTES];
  fprintf(t->out, "%" PRIu64 "\t%u.%u\t%" PRIu32 "\t%s", i->cycle, i->node, i->sentron, i->siw,
          object_symbolize(t->object, i->siw, place));
  if (i->stall_cycles)
    fprintf(t->out, "\t%s:%" PRIu64, stall_keys[i->stall], i->stall_cycles);
  else
    fputs("\t-", t->out);
  fprintf(t->out, "\t%s", bundle_print(i->bundle, &labels, slots));
  print_memory(t->out, i);
  print_results(t->out, i);
  fputc('\n', t->out);
}
