/* Loop reports: see loops.h. */
#include "sim/cli/loops.h"

static void print_where(FILE *out, const struct loop_report *r)
{
  fprintf(out, "%s, loop %d: first in sentron %d", r->kernel, r->loop, r->sentron);
  if (r->layer >= 0)
    fprintf(out, ", layer %d", r->layer);
  fprintf(out, "; kernels of this form: %d\n", r->kernels);
}

static void print_rounds(FILE *out, const struct loop_report *r)
{
  if (r->rounds < 0)
    fprintf(out, "  rounds          in a register; %d cycles a round + %d\n", r->ii, r->overhead);
  else
    fprintf(out, "  rounds          %lld; %lld x %d + %d = %lld cycles predicted\n",
            (long long)r->rounds, (long long)r->rounds, r->ii, r->overhead, (long long)r->cycles);
}

static void print_loop(FILE *out, const struct loop_report *r)
{
  print_where(out, r);
  if (r->minimum_ii) {
    bool resources = r->resource_ii >= r->recurrence_ii;
    fprintf(out, "  operations      D %d, S %d, C %d a round\n", r->ops[PIPE_D], r->ops[PIPE_S],
            r->ops[PIPE_C]);
    fprintf(out, "  minimum II      %d: %s bind; resources %d (%c-pipe), recurrences %d%s%s%s\n",
            r->minimum_ii, resources ? "resources" : "recurrences", r->resource_ii,
            pipe_letter[r->resource_pipe], r->recurrence_ii, r->recurrence[0] ? " (" : "",
            r->recurrence, r->recurrence[0] ? ")" : "");
  }
  if (!r->pipelined) {
    fprintf(out, "  not pipelined   %s\n\n", r->why);
    return;
  }
  fprintf(out, "  II              %d: ", r->ii);
  if (r->ii == r->minimum_ii)
    fprintf(out, "the minimum\n");
  else
    fprintf(out, "%d above the minimum; %s\n", r->ii - r->minimum_ii, r->why);
  fprintf(out, "  stages          %d; body of %d round%s\n", r->stages, r->unroll,
          r->unroll == 1 ? "" : "s");
  fprintf(out, "  registers live  r %d of %d (and %d kept), p %d of %d (and %d kept)\n",
          r->live[FILE_R], r->available[FILE_R], r->kept[FILE_R], r->live[FILE_P],
          r->available[FILE_P], r->kept[FILE_P]);
  if (r->latency < r->latency_wanted)
    fprintf(out, "  gathers         %d cycles ahead of their use, not %d: registers run out\n",
            r->latency, r->latency_wanted);
  print_rounds(out, r);
  fprintf(out, "\n");
}

void loops_print(FILE *out, const struct lower_result *r)
{
  int pipelined = 0, minimal = 0;
  for (int i = 0; i < r->loop_count; i++) {
    print_loop(out, &r->loops[i]);
    pipelined += r->loops[i].pipelined;
    minimal += r->loops[i].pipelined && r->loops[i].ii == r->loops[i].minimum_ii;
  }
  fprintf(out, "%d innermost loops of different form, %d pipelined, %d at their minimum II\n",
          r->loop_count, pipelined, minimal);
}

static json_t *loop_json(const struct loop_report *r)
{
  return json_pack(
      "{s:s, s:i, s:i, s:i, s:i, s:b, s:{s:i, s:i, s:i},"
      " s:i, s:i, s:s#, s:i, s:s, s:i, s:i, s:i,"
      " s:{s:i, s:i}, s:{s:i, s:i}, s:{s:i, s:i}, s:i, s:i, s:I, s:i, s:I, s:s}",
      "kernel", r->kernel, "loop", r->loop, "layer", r->layer, "sentron", r->sentron, "kernels",
      r->kernels, "pipelined", r->pipelined, "operations", "d", r->ops[PIPE_D], "s", r->ops[PIPE_S],
      "c", r->ops[PIPE_C], "minimum_ii", r->minimum_ii, "resource_ii", r->resource_ii,
      "resource_pipe", &pipe_letter[r->resource_pipe], 1, "recurrence_ii", r->recurrence_ii,
      "recurrence", r->recurrence, "ii", r->ii, "stages", r->stages, "unroll", r->unroll, "live",
      "r", r->live[FILE_R], "p", r->live[FILE_P], "available", "r", r->available[FILE_R], "p",
      r->available[FILE_P], "kept", "r", r->kept[FILE_R], "p", r->kept[FILE_P], "latency",
      r->latency, "latency_wanted", r->latency_wanted, "rounds", (json_int_t)r->rounds, "overhead",
      r->overhead, "cycles", (json_int_t)r->cycles, "why", r->why);
}

json_t *loops_json(const struct lower_result *r)
{
  json_t *list = json_array();
  for (int i = 0; list && i < r->loop_count; i++)
    if (json_array_append_new(list, loop_json(&r->loops[i]))) {
      json_decref(list);
      list = NULL;
    }
  return list;
}
