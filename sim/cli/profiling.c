/* Profiles of the stretches of a run: see profiling.h. */
#include "sim/cli/profiling.h"

int profiling_at(struct profiling *p, const struct vtpu *v, int position, int done,
                 struct vtpu_error *err)
{
  for (int i = 0; i < p->cuts; i++)
    if (p->cut[i].position == position && !p->cut[i].statistics) {
      p->cut[i].done = done;
      return vtpu_statistics(v, &p->cut[i].statistics, err);
    }
  return 0;
}

/* Positions of all sequences until `position`, which may be the run's end. */
static int done_at(const struct profiling *p, int position, int end, int done)
{
  for (int i = 0; i < p->cuts && position < end; i++)
    if (p->cut[i].position == position)
      return p->cut[i].done;
  return position ? done : 0;
}

/* The statistics at a position, handed over to the caller; at the run's end they are taken now.
 * NULL with 0: it was not cut there. */
static int take(struct profiling *p, const struct vtpu *v, int position, bool end,
                struct vtpu_statistics **out, struct vtpu_error *err)
{
  *out = NULL;
  if (end)
    return vtpu_statistics(v, out, err);
  for (int i = 0; i < p->cuts; i++)
    if (p->cut[i].position == position) {
      *out = p->cut[i].statistics;
      p->cut[i].statistics = NULL;
    }
  return 0;
}

static const struct vtpu_statistics *at_cut(const struct profiling *p, int position)
{
  for (int i = 0; i < p->cuts; i++)
    if (p->cut[i].position == position)
      return p->cut[i].statistics;
  return NULL;
}

int profiling_make(struct profiling *p, const struct vtpu *v, const struct report *r, int position,
                   int done, struct vtpu_error *err)
{
  int status = 0;
  /* From the last to the first: a stretch is made out of the statistics at its end, which those
   * after it have been compared with by then. */
  for (int i = p->stretches; !status && i-- > 0;) {
    const struct profiling_stretch *s = &p->stretch[i];
    const struct vtpu_statistics *before = at_cut(p, s->from);
    if (s->from > 0 && (s->from >= position || !before)) /* the run ended before */
      continue;
    struct vtpu_statistics *after;
    status = take(p, v, s->to, s->to >= position, &after, err);
    if (status)
      break;
    if (before)
      vtpu_statistics_since(after, before);
    struct profile_part *part = &p->part[i];
    *part = (struct profile_part){
        .name = s->name,
        .first_position = s->from,
        .positions = done_at(p, s->to, position, done) - done_at(p, s->from, position, done),
        .sequences = r->inference ? (int)r->inference->count : 0,
    };
    status = profile_make(r->machine, r->object, after, &part->profile, err);
    vtpu_statistics_free(after);
    if (!status)
      p->parts++;
  }
  /* Stretches that do not exist are the last ones, so the parts are at the front. */
  return status;
}

int profiling_report(struct profiling *p, const struct report *r, bool on_stdout,
                     struct vtpu_error *err)
{
  int status = 0;
  if (p->text && on_stdout && !profile_text(stdout, r, p->part, p->parts))
    status = cli_flush_stdout(err);
  if (!status && p->json.stream)
    status = output_json(&p->json, profile_json(r, p->part, p->parts), err);
  return status ? status : output_close(&p->json, err);
}

void profiling_free(struct profiling *p)
{
  for (int i = 0; i < PROFILING_PARTS; i++) {
    vtpu_statistics_free(p->cut[i].statistics);
    profile_free(&p->part[i].profile);
  }
  output_discard(&p->json);
}
