/* Page colouring (asm/lower/frames.c): a layer in f32 on four sentrons nearly fills their L2s, and
 * in the order in which its regions are made some sets get more than they hold. */
#include "asm/lower/lower.h"
#include "tests/harness/harness.h"

#include <string.h>

enum { CORES = 4, COLOURS = 32, WAYS = 8, PAGE = 4096 };

static int lower_layer(const char *shape, int l2_bytes, int l2_ways, struct lower_result *out)
{
  static const int prompt[] = {1};
  struct lower_options o = {.dlen = 512,
                            .sentrons = CORES,
                            .cores = 8,
                            .contexts = 2,
                            .l2_bytes = (uint64_t)l2_bytes,
                            .l2_ways = l2_ways,
                            .block = 1,
                            .prompts[0] = {prompt, 1},
                            .max_tokens = 64};
  struct vtpu_error err;
  struct model m;
  T_EQ(model_random(shape, 1, &m, &err), 0);
  int bad = lower_model(&m, &o, out, &err);
  if (bad)
    T_FAIL("%s", err.message);
  model_close(&m);
  return bad;
}

/* Blocks of 16 rows of a matrix, which the sentrons share; 0: every core reads it all. */
static int blocks_of(const char *region)
{
  static const struct {
    const char *name;
    int blocks;
  } list[] = {{"layer0.w_qkv", 32},
              {"layer0.wo", 16},
              {"layer0.w_gate_up", 50},
              {"layer0.w_down", 16},
              {"w_logits", 4}};
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    if (strcmp(list[i].name, region) == 0)
      return list[i].blocks;
  return 0;
}

/* The most pages that any core has of one colour. */
static int fullest(const struct object *o)
{
  int load[CORES][COLOURS] = {{0}}, most = 0;
  uint64_t frame = 0;
  for (uint32_t r = 0; r < o->region_count; r++) {
    const struct object_region *region = &o->regions[r];
    uint64_t pages = region_pages(region), blocks = (uint64_t)blocks_of(region->name);
    for (uint64_t core = 0; core < CORES; core++) {
      uint64_t first = 0, end = pages;
      if (blocks) { /* whole pages a block here, but for the last */
        uint64_t left = blocks % CORES, each = blocks / CORES;
        first = (each * core + (core < left ? core : left)) * pages / blocks;
        end = first + (each + (core < left)) * pages / blocks;
      }
      if (region->kind == REGION_SHARED || strcmp(region->name, "token_embedding") == 0 ||
          (region->kind == REGION_PRIVATE && region->core != core))
        continue;
      for (uint64_t i = first; i < end; i++) {
        int *at = &load[core][(frame + i) % COLOURS];
        most = ++*at > most ? *at : most;
      }
    }
    frame += pages;
  }
  return most;
}

/* Nothing but the order of the regions is other than with an L2 that has room for all. */
T_TEST(lower_frames, every_colour_holds_what_it_gets)
{
  struct lower_result roomy, fits;
  const char *shape = "layer-256,vocab=64";
  T_REQUIRE(lower_layer(shape, 4 << 20, WAYS, &roomy) == 0);
  T_REQUIRE(lower_layer(shape, 1 << 20, WAYS, &fits) == 0);
  const struct object *a = &roomy.object, *b = &fits.object;
  T_EQ(fullest(a), WAYS + 1);
  T_EQ(fullest(b), WAYS);
  T_EQ(a->siw_count, b->siw_count);
  T_CHECK(memcmp(a->code, b->code, a->siw_count * sizeof *a->code) == 0);
  T_EQ(a->data_count, b->data_count);
  for (uint32_t d = 0; d < a->data_count; d++) {
    T_CHECK(strcmp(a->regions[a->data[d].region].name, b->regions[b->data[d].region].name) == 0);
    T_EQ(a->data[d].bytes, b->data[d].bytes);
    T_CHECK(memcmp(a->data[d].content, b->data[d].content, a->data[d].bytes) == 0);
  }
  bool other = false;
  for (uint32_t r = 0; r < a->region_count; r++)
    other |= strcmp(a->regions[r].name, b->regions[r].name) != 0;
  T_CHECK(other);
  lower_result_free(&roomy);
  lower_result_free(&fits);
}

/* Where no order helps, because more is read than L2 holds, and where L2 has no colours that a
 * power of two counts, the regions stay as they are. */
T_TEST(lower_frames, what_does_not_fit_stays_in_order)
{
  static const struct {
    int bytes, ways;
  } list[] = {{1 << 19, 8}, {(1 << 20) - 4096, 8}, {1 << 20, 7}, {4096, 1}};
  struct lower_result roomy, r;
  T_REQUIRE(lower_layer("layer-256,vocab=64", 4 << 20, WAYS, &roomy) == 0);
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    T_REQUIRE(lower_layer("layer-256,vocab=64", list[i].bytes, list[i].ways, &r) == 0);
    T_EQ(r.object.region_count, roomy.object.region_count);
    for (uint32_t k = 0; k < r.object.region_count; k++)
      T_CHECK(strcmp(r.object.regions[k].name, roomy.object.regions[k].name) == 0);
    lower_result_free(&r);
  }
  lower_result_free(&roomy);
}
