/* A whole transformer layer on one sentron, warm: operations a cycle and occupancy of the busiest
 * pipe, as reports/layer.md has them. Hidden 256, 2 query heads a KV head, a context of 64, preset
 * spec. */
#include "tests/cli/command.h"
#include "tests/harness/harness.h"

static void check_layer(const char *weights, double ops_per_cycle, double occupancy)
{
  struct command c = {0};
  const char *file = temp_path("layer.json");
  double best = 0;
  command(&c,
          "vtpu infer --random-weights layer-256,vocab=64 -S 1 --prompt-length 60 -n 5 -q "
          "--weights %s --profile-step last --profile-json '%s'",
          weights, file);
  T_STATUS(&c, 0);
  json_t *j = json_of_file(file), *layers = json_at(j, "parts.0.layers"), *layer = NULL;
  for (size_t i = 0; i < json_array_size(layers); i++)
    if (json_is_integer(json_object_get(json_array_get(layers, i), "layer")))
      layer = json_array_get(layers, i);
  T_REQUIRE(layer != NULL);
  T_EQ(json_whole(j, "parts.0.first_position"), 63);
  double ops = json_number(layer, "wall.ops_per_cycle");
  for (int p = 0; p < 3; p++) {
    static const char *const pipes[3] = {"occupancy.d", "occupancy.s", "occupancy.c"};
    double share = json_number(layer, pipes[p]);
    best = share > best ? share : best;
  }
  if (ops < ops_per_cycle)
    T_FAIL("%s: %.3f operations a cycle", weights, ops);
  if (best < occupancy)
    T_FAIL("%s: the busiest pipe issues in %.3f of the cycles", weights, best);
  json_decref(j);
  command_end(&c);
}

T_TEST(cli_layer, a_warm_layer_fills_the_slots)
{
  check_layer("i8", 2.7, 0.94);
  check_layer("t2", 2.35, 0.88);
}
