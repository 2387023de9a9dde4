/* A whole transformer layer on one sentron, warm: operations a cycle and occupancy of the busiest
 * pipe. Hidden 256, 2 query heads a KV head, context up to 80, preset spec; the layer's weights
 * stay in L2 while the prompt is processed, because its logits are not wanted. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

#include <stdlib.h>

enum { SHORT = 48, LONG = 80 };

struct sums {
  double cycles, pipe[3];
};

static struct sums run(const char *weights, int positions)
{
  static const char *const pipes[3] = {"pipe_ops.d", "pipe_ops.s", "pipe_ops.c"};
  struct command c = {0};
  struct sums s = {0};
  command(&c,
          "vtpu infer --random-weights layer-256 --sentrons 1 --weights %s --prompt-length %d "
          "--tokens 1 --json -",
          weights, positions);
  T_STATUS(&c, 0);
  json_t *j = json_of_text(c.out), *layers = json_at(j, "layers");
  for (size_t i = 0; i < json_array_size(layers); i++) {
    json_t *l = json_array_get(layers, i);
    if (!json_is_integer(json_object_get(l, "layer")) || json_whole(l, "layer") != 0)
      continue;
    s.cycles = (double)json_whole(l, "cycles");
    for (int p = 0; p < 3; p++)
      s.pipe[p] = (double)json_whole(l, pipes[p]);
  }
  json_decref(j);
  command_end(&c);
  return s;
}

/* What the positions from SHORT to LONG cost: the first ones bring the weights from DDR. */
static void check_layer(const char *weights, double ops_per_cycle, double occupancy)
{
  struct sums few = run(weights, SHORT), many = run(weights, LONG);
  double cycles = many.cycles - few.cycles, ops = 0, busiest = 0;
  for (int p = 0; p < 3; p++) {
    double pipe = many.pipe[p] - few.pipe[p];
    ops += pipe;
    busiest = pipe > busiest ? pipe : busiest;
  }
  T_CHECK(cycles > 0);
  if (ops / cycles < ops_per_cycle)
    T_FAIL("%s: %.3f operations a cycle", weights, ops / cycles);
  if (busiest / cycles < occupancy)
    T_FAIL("%s: the busiest pipe issues in %.3f of the cycles", weights, busiest / cycles);
}

T_TEST(cli_layer, a_warm_layer_fills_the_slots)
{
  check_layer("i8", 2.5, 0.85);
  check_layer("t2", 2.0, 0.70);
}
