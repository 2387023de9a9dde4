/* The first difference, told: what, the state of both sides, the last SIWs. */
#include "isa/print.h"
#include "rtl/cosim/state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void print_hex(FILE *out, const uint8_t *bytes, unsigned count)
{
  while (count > 1 && bytes[count - 1] == 0)
    count--;
  fprintf(out, "0x%x", bytes[count - 1]);
  while (count-- > 1)
    fprintf(out, "%02x", bytes[count - 1]);
}

static void show_siws(FILE *out, const struct cosim *k, const struct side *x)
{
  fprintf(out, "  last SIWs of %s, in both:\n", x->origin->name);
  uint64_t first = x->issues > 8 ? x->issues - 8 : 0;
  for (uint64_t i = first; i < x->issues; i++) {
    struct bundle b;
    struct vtpu_error err;
    char text[BUNDLE_TEXT_BYTES], where[SYMBOL_TEXT_BYTES];
    uint32_t siw = x->last[i % 8].siw;
    if (siw_decode(&k->o->code[siw], k->o->dlen, &b, &err))
      continue;
    fprintf(out, "    %8" PRIu64 "  %6u %-16s %s\n", x->last[i % 8].cycle, siw,
            object_symbolize(k->o, siw, where), bundle_print(&b, NULL, text));
  }
}

/* Registers: those that differ, or are owed by the RTL. Results that are not ready lie in the
 * simulator's registers already. */
static void show_registers(FILE *out, const struct cosim *k, const struct side *x)
{
  uint32_t owed = x->core->seen.owed[x->context];
  for (unsigned reg = 0; reg < REG_L; reg++) {
    uint8_t sim[R_BYTES_MAX], rtl[R_BYTES_MAX];
    unsigned bytes = rtl_core_register(x->core->rtl, x->context, reg, rtl);
    vtpu_register(k->sim, x->index, reg, sim);
    if (memcmp(sim, rtl, bytes) == 0 && !(owed >> reg & 1))
      continue;
    fprintf(out, "    %c%-2u simulator ",
            reg < REG_P   ? 'r'
            : reg < REG_M ? 'p'
                          : 'm',
            reg < REG_P   ? reg
            : reg < REG_M ? reg - REG_P
                          : reg - REG_M);
    print_hex(out, sim, bytes);
    fprintf(out, ", RTL ");
    print_hex(out, rtl, bytes);
    fprintf(out, "%s\n", owed >> reg & 1 ? " (owed)" : "");
  }
}

char *show_difference(const struct cosim *k, const char *wave)
{
  char *text = NULL;
  size_t bytes;
  FILE *out = open_memstream(&text, &bytes);
  if (!out)
    return NULL;
  fprintf(out, "%s\n", k->difference);
  for (uint32_t i = 0; i < k->o->sentron_count; i++) {
    const struct side *x = &k->side[i];
    if (k->difference_side ? x != k->difference_side : x->core != k->difference_core)
      continue;
    const struct rtl_seen *s = &x->core->seen;
    fprintf(out, "  RTL state of %s: %s, SIW %u, %s\n", x->origin->name,
            s->running[x->context] ? "running" : "not running", s->pc[x->context],
            s->issued[x->context] ? "issues" : stall_keys[s->stall[x->context] % STALL_COUNT]);
    fprintf(out, "  registers that differ or are owed:\n");
    show_registers(out, k, x);
    show_siws(out, k, x);
  }
  if (wave)
    fprintf(out, "  waveform of the %d cycles before: %s\n", WAVE_BEFORE, wave);
  return fclose(out) == 0 ? text : NULL;
}
