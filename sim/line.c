/* What the short paths of plain.c and pair.c have in common: near.h, line.h. Once, not in each of
 * them: what many sentrons run does not fit in the host's first-level instruction cache. Compiled
 * for several host vector widths, as they are (see the Makefile).
 */
#include "sim/line.h"

bool PASTE(near_serve, LANES_SUFFIX)(const struct vtpu *v, struct core *c, const struct context *x,
                                     struct mark_counts *count, enum near_kind kind, uint32_t line,
                                     cycle_t a, struct supply *got)
{
  struct tier *const l1 = &c->l1, *const l2 = &c->l2;
  struct cache_set *const s1 = set_of_8(l1, tier_index(l1, line)), *s2 = NULL, *held = NULL;
  unsigned ways = set_ways(s1, 8, line), held_ways = 0;
  if (c->queue_count || c->ptc_hit == 0 || logs_memory(x))
    return false;
  if (ways) {
    *got = supply_from(v, l1, TIER_L1, count, s1, (unsigned)__builtin_ctz(ways), a);
    s1->dirty |= (uint16_t)(kind == NEAR_GATHER ? 0 : ways);
    return true;
  }
  const unsigned victim = set_victim(s1, 8);
  const uint16_t bit = (uint16_t)(1u << victim);
  if (kind != NEAR_SCATTER_LINE) {
    s2 = set_of_8(l2, tier_index(l2, line));
    ways = set_ways(s2, 8, line);
    if (!ways)
      return false;
  }
  if (s1->dirty & bit) {
    const uint32_t old = s1->tag[victim] - 1;
    held = set_of_8(l2, tier_index(l2, old));
    held_ways = set_ways(held, 8, old);
    if (!held_ways || set_inflight(s1, 8, victim, a))
      return false;
  }
  if (kind == NEAR_SCATTER_LINE) { /* nothing to fetch from further away */
    *got = (struct supply){port(l1, a) + l1->latency, TIER_L1};
    count->hits[TIER_L1]++;
  } else {
    *got = supply_from(v, l2, TIER_L2, count, s2, (unsigned)__builtin_ctz(ways), a);
  }
  if (held) {
    port(l2, a);
    count->written[TIER_L2]++;
    set_touch_8(held, (unsigned)__builtin_ctz(held_ways));
    held->dirty |= (uint16_t)held_ways;
  }
  s1->tag[victim] = line + 1;
  s1->dirty = (uint16_t)(kind == NEAR_GATHER ? s1->dirty & ~bit : s1->dirty | bit);
  s1->inflight = (uint16_t)(got->ready > a ? s1->inflight | bit : s1->inflight & ~bit);
  set_ready(s1, 8)[victim] = got->ready << 2 | got->source;
  set_touch_victim(s1, 8);
  return true;
}

void PASTE(plain_charge, LANES_SUFFIX)(const struct context *x, const struct psiw *s, cycle_t from,
                                       cycle_t operands, cycle_t at)
{
  uint64_t *stack = mark_of(x, s)->stack;
  from = charge_operands(x, s, stack, from, operands);
  if (from < at)
    charge(x, stack, STALL_PTC, at - from);
}

const struct ptc_hint *PASTE(place_open, LANES_SUFFIX)(const struct core *c, const struct psiw *s,
                                                       cycle_t t)
{
  struct place *const at = s->place;
  if (!ptc_hint_holds(&at->hint, at->lo))
    ptc_open(&c->ptc, &at->hint, at->lo, at->hi);
  return gather_hint(s, t);
}

struct psiw *PASTE(lines_run, LANES_SUFFIX)(const struct vtpu *v, struct core *c, struct context *x,
                                            struct psiw *s, cycle_t until, cycle_t *now)
{
  cycle_t from = *now;
  for (; s->kind & SIW_LINE; s++) {
    cycle_t t = from;
    struct line_work w = {0};
    for (unsigned i = 0; i < REGS_FIRST; i++) {
      const cycle_t ready = x->ready[s->reg[i]];
      t = ready > t ? ready : t;
    }
    if (t >= until || (s->s_gather && (c->entry_free[c->entry_next] > t || c->s_closed > t)) ||
        !line_take(v, c, x, s, t, &w))
      break;
    if (t > from)
      PASTE(plain_charge, LANES_SUFFIX)(x, s, from, t, t);
    code_foresee(x, s);
    line_do(c, x, s, t, v->bytes, &w);
    from = t + 1;
  }
  *now = from;
  return s;
}
