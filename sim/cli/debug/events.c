/* The log of what will issue next, told by the scout: see debug.h. */
#include "sim/cli/debug/debug.h"
#include "sim/cli/drive.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t slice_first_cycles = 256;
static const double slice_seconds = 0.05;

static unsigned sentron_index(const struct debug *d, unsigned node, unsigned id)
{
  unsigned i = 0;
  while (i + 1 < d->object.sentron_count &&
         (d->object.sentrons[i].node != node || d->object.sentrons[i].id != id))
    i++;
  return i;
}

void log_note(void *user, const struct vtpu_issue *issue)
{
  struct debug *d = user;
  struct log *l = &d->log;
  if (l->count == l->room) {
    size_t room = l->room ? l->room * 2 : 1024;
    struct event *more = realloc(l->event, room * sizeof *more);
    if (!more) {
      l->no_memory = true;
      return;
    }
    l->event = more;
    l->room = room;
  }
  unsigned sentron = sentron_index(d, issue->node, issue->sentron);
  l->event[l->count++] = (struct event){
      .cycle = issue->cycle,
      .stall_cycles = issue->stall_cycles,
      .ready = issue->has_memory ? issue->ready : 0,
      .coord = issue->coord,
      .sentron = sentron,
      .siw = issue->siw,
      .before = l->last_siw[sentron],
      .stall = (uint8_t)issue->stall,
      .tier = (uint8_t)issue->tier,
      .has_memory = issue->has_memory,
      .ptc_hit = issue->ptc_hit,
  };
  l->last_siw[sentron] = issue->siw;
  l->known = issue->cycle;
}

void log_clear(struct debug *d)
{
  vtpu_free(d->log.scout);
  struct log *l = &d->log;
  *l = (struct log){.event = l->event, .room = l->room, .last_siw = l->last_siw};
}

int log_start(struct debug *d, struct vtpu_error *err)
{
  struct log *l = &d->log;
  log_clear(d);
  if (!l->last_siw)
    l->last_siw = calloc(d->object.sentron_count + 1, sizeof *l->last_siw);
  if (!l->last_siw)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  /* Far from the last snapshot it is cheaper to make one here than to run there traced. */
  int bad = d->at > 0 ? session_snapshot(d, false, err) : 0;
  for (uint32_t i = 0; i < d->object.sentron_count; i++) {
    struct vtpu_sentron_look look;
    vtpu_look_sentron(d->state, i, d->at, &look);
    l->last_siw[i] = look.issued ? look.last_siw : UINT32_MAX;
  }
  if (!bad)
    bad = session_make(d, d->at, true, &l->scout, &l->applied, err);
  l->at = l->known = d->at;
  l->slice = slice_first_cycles;
  return bad;
}

int log_extend(struct debug *d, struct vtpu_error *err)
{
  struct log *l = &d->log;
  enum vtpu_status status;
  uint64_t until = l->at > NEVER / 2 ? NEVER : l->at + l->slice;
  double before = drive_now();
  int bad = session_replay(d, l->scout, &l->at, &l->applied, until, &status, err);
  if (drive_now() - before < slice_seconds)
    l->slice *= 2;
  else if (l->slice > slice_first_cycles)
    l->slice /= 2;
  if (l->no_memory)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  if (bad && bad != VTPU_PROGRAM)
    return bad;
  if (bad || status == VTPU_DONE) {
    l->over = true;
    l->known = NEVER;
  }
  return 0;
}

void log_trim(struct debug *d)
{
  struct log *l = &d->log;
  size_t kept = 0;
  for (size_t i = l->first; i < l->count; i++)
    if (l->event[i].cycle >= d->at || l->event[i].ready >= d->at)
      l->event[kept++] = l->event[i];
  l->first = 0;
  l->count = kept;
}
