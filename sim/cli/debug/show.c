/* Where we are: the line after a stop, disassembly, backtrace. */
#include "sim/cli/debug/debug.h"

#include "isa/print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct vtpu_sentron_look look_at(const struct debug *d, unsigned sentron)
{
  struct vtpu_sentron_look look;
  vtpu_look_sentron(d->state, sentron, d->at, &look);
  return look;
}

static char *siw_text(const struct debug *d, uint32_t siw, char out[BUNDLE_TEXT_BYTES])
{
  const struct siw_labels labels = {siw_label, &d->object};
  return bundle_print(&d->code[siw], &labels, out);
}

/* "issues in this cycle", "waits for ...", "retired". */
void print_doing(const struct debug *d, const struct vtpu_sentron_look *look)
{
  if (look->life == VTPU_DORMANT && d->at == 0) {
    fputs("has not begun", stdout);
  } else if (look->life != VTPU_ALIVE) {
    fputs(vtpu_life_names[look->life], stdout);
  } else if (look->waits[0]) {
    fputs(look->waits, stdout);
  } else if (look->stall == STALL_ISSUE) {
    fputs("issues in this cycle", stdout);
  } else {
    printf("waits: %s", stall_keys[look->stall]);
    if (look->stall_until != VTPU_UNKNOWN && look->stall_until > d->at)
      printf(", until cycle %" PRIu64, look->stall_until);
  }
}

void show_where(struct debug *d)
{
  char name[80], text[BUNDLE_TEXT_BYTES], where[SYMBOL_TEXT_BYTES];
  struct vtpu_sentron_look look = look_at(d, d->focus);
  printf("cycle %" PRIu64 ", %s: ", d->at, sentron_text(d, d->focus, name));
  if (d->end == END_FAULT && look.stall == STALL_ISSUE && look.siw == d->end_siw)
    fputs("faults in this cycle", stdout);
  else
    print_doing(d, &look);
  putchar('\n');
  if (look.life == VTPU_ALIVE || look.life == VTPU_FAULTED)
    printf("=> %u %s: %s\n", look.siw, object_symbolize(&d->object, look.siw, where),
           siw_text(d, look.siw, text));
}

/* --- code ---------------------------------------------------------------------------------------
 */

static bool has_break(const struct debug *d, uint32_t siw)
{
  for (size_t i = 0; i < d->break_count; i++)
    if (d->breaks[i].kind == BREAK_SIW && d->breaks[i].enabled && d->breaks[i].first == siw)
      return true;
  return false;
}

/* list [PLACE] [COUNT] */
int command_list(struct debug *d, const char *args, struct vtpu_error *err)
{
  char word[200], text[BUNDLE_TEXT_BYTES];
  uint64_t count = 11;
  uint32_t from, here = look_at(d, d->focus).siw;
  if (word_next(&args, word, sizeof word)) {
    int bad = parse_siw_place(d, word, &from, err);
    if (!bad && word_next(&args, word, sizeof word))
      bad = parse_count(word, 1, 100000, "number of SIWs", &count, err);
    else
      from = from > 5 ? from - 5 : 0;
    if (!bad && !word_is_end(args))
      bad = debug_fail(err, "'%s' is left over: list [PLACE [COUNT]]", word_skip(args));
    if (bad)
      return bad;
  } else if (d->list_next) {
    from = d->list_next;
  } else {
    from = here > 5 ? here - 5 : 0;
  }
  if (from >= d->object.siw_count) {
    d->list_next = 0;
    return debug_fail(err, "the program ends before SIW %u", from);
  }
  uint64_t end = from + count < d->object.siw_count ? from + count : d->object.siw_count;
  for (uint32_t k = from; k < end; k++) {
    int mark = mark_of(d, k);
    for (uint32_t i = 0; i < d->object.sentron_count; i++)
      if (d->object.sentrons[i].entry == k)
        printf("          ; entry of %s\n", d->object.sentrons[i].name);
    if (mark >= 0 && d->object.marks[mark].first == k)
      printf("          ; mark %s\n", d->object.marks[mark].kernel);
    if (siw_label(&d->object, k))
      printf("          %s:\n", siw_label(&d->object, k));
    printf("%s %c %5u  %s\n", k == here ? "=>" : "  ", has_break(d, k) ? 'b' : ' ', k,
           siw_text(d, k, text));
  }
  d->list_next = (uint32_t)end;
  return 0;
}

int command_backtrace(struct debug *d, const char *args, struct vtpu_error *err)
{
  char name[80], text[BUNDLE_TEXT_BYTES], where[SYMBOL_TEXT_BYTES];
  struct vtpu_sentron_look look = look_at(d, d->focus);
  unsigned frame = 0;
  (void)err;
  (void)args;
  printf("#%u  SIW %u (%s)  %s\n", frame++, look.siw, object_symbolize(&d->object, look.siw, where),
         siw_text(d, look.siw, text));
  /* Loops from the inside: an inner one begins later. */
  bool shown[L_COUNT] = {false};
  for (;;) {
    int inner = -1;
    for (int l = 0; l < L_COUNT; l++)
      if (look.loop[l].active && !shown[l] &&
          (inner < 0 || look.loop[l].start > look.loop[inner].start))
        inner = l;
    if (inner < 0)
      break;
    shown[inner] = true;
    printf("#%u  loop l%d, SIWs %u..%u (%s), %u round%s left\n", frame++, inner,
           look.loop[inner].start, look.loop[inner].end,
           object_symbolize(&d->object, look.loop[inner].end, where), look.loop[inner].remaining,
           look.loop[inner].remaining == 1 ? "" : "s");
  }
  int mark = mark_of(d, look.siw);
  if (mark >= 0) {
    const struct object_mark *m = &d->object.marks[mark];
    printf("#%u  mark %s, SIWs %u..%u", frame++, m->kernel, m->first, m->last);
    if (m->layer >= 0)
      printf(", layer %d", m->layer);
    putchar('\n');
  }
  const struct object_sentron *s = &d->object.sentrons[d->focus];
  printf("#%u  sentron %s, context %u of core %u of node %u, SIWs %u..%u\n", frame,
         sentron_text(d, d->focus, name), look.context, look.core, s->node, s->entry, s->end - 1);
  return 0;
}
