/* The readers: what they accept, and every way in which a checkpoint can be wrong. */
#include "models/model.h"
#include "models/readers.h"
#include "models/safetensors.h"
#include "tests/harness/harness.h"
#include "tests/models/synthetic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_ROOM = 1024 };

#define Q_PROJ "\"model.layers.0.self_attn.q_proj.weight\":{\"dtype\":\"F32\",\"shape\":[32,24],"

/* A folder with a sound checkpoint; path: of one file in it. */
struct scene {
  char folder[PATH_ROOM], path[2 * PATH_ROOM];
};

static struct scene scene_make(struct synthetic s, const char *file)
{
  struct scene c;
  snprintf(c.folder, sizeof c.folder, "%s", t_temp("checkpoint"));
  snprintf(c.path, sizeof c.path, "%s/%s", c.folder, file);
  T_CHECK(synthetic_write(&s, c.folder));
  return c;
}

/* The folder must be refused, with all parts (up to a NULL) in the message. */
static void refused(const char *path, enum vtpu_category category, const char *const parts[])
{
  struct vtpu_error err = {0};
  struct model model;
  int got = model_open(path, &model, &err);
  T_EQ(got, category);
  for (int i = 0; parts[i]; i++)
    T_CONTAINS(err.message, parts[i]);
  if (!got)
    model_close(&model);
  T_CHECK(model.files == NULL && model.layers == NULL);
}

#define REFUSED(path, category, ...)                                                               \
  refused(path, category, (const char *const[]){__VA_ARGS__, NULL})

/* A sound checkpoint with one replacement in one file must be refused. */
static void patched(const char *file, int shards, const char *from, const char *to,
                    enum vtpu_category category, const char *message)
{
  struct synthetic s = synthetic_default();
  s.shards = shards;
  struct scene c = scene_make(s, file);
  if (!synthetic_patch(c.path, from, to))
    T_FAIL("%s: nothing to replace: %s", file, from);
  REFUSED(c.folder, category, message);
}

static void write_file(const char *path, const void *data, size_t bytes)
{
  FILE *f = fopen(path, "wb");
  T_REQUIRE(f);
  T_EQ(fwrite(data, 1, bytes, f), bytes);
  fclose(f);
}

/* --- acceptance ----------------------------------------------------------------------------- */

static void accepts(const char *dtype, int shards, bool tied)
{
  struct synthetic s = synthetic_default();
  s.dtype = dtype;
  s.shards = shards;
  s.tied = tied;
  struct scene c = scene_make(s, "");
  struct vtpu_error err;
  struct model m;
  if (model_open(c.folder, &m, &err)) {
    T_FAIL("%s", err.message);
    return;
  }
  T_EQ(m.config.family, MODEL_QWEN3);
  T_EQ(m.config.rope_pairs, ROPE_HALVES);
  T_EQ(m.config.head_dim, 8);
  T_EQ(m.config.bos, 1);
  T_EQ(m.config.eos, 2);
  T_CHECK(m.config.qk_norm);
  T_EQ(m.layers[1].wk.rows, 16);
  T_EQ(m.layers[1].wk.cols, 24);
  T_EQ(m.layers[0].k_norm.cols, 8);
  T_EQ_STR(m.layers[1].w_down.name, "model.layers.1.mlp.down_proj.weight");
  T_EQ(m.output.data == m.token_embedding.data, tied);
  float row[40];
  tensor_row_f32(&m.layers[1].w_down, 23, row);
  for (int i = 0; i < 40; i++)
    T_CHECK((double)row[i] == synthetic_weight(m.layers[1].w_down.name, 23 * 40 + i));
  model_close(&m);
}

T_TEST(reader, accepts_f32_in_one_file)
{
  accepts("F32", 1, false);
}
T_TEST(reader, accepts_bf16_in_three_shards)
{
  accepts("BF16", 3, false);
}
T_TEST(reader, accepts_f16_tied)
{
  accepts("F16", 1, true);
}

static float row_value(enum tensor_type type, uint32_t bits)
{
  float out;
  struct tensor t = {.type = type, .rows = 1, .cols = 1, .data = &bits};
  tensor_row_f32(&t, 0, &out);
  return out;
}

T_TEST(reader, f16_and_bf16_convert_exactly)
{
  T_CHECK(row_value(TENSOR_F16, 0x0001) == 0x1p-24f); /* least subnormal */
  T_CHECK(row_value(TENSOR_F16, 0x83FF) == -1023 * 0x1p-24f);
  T_CHECK(row_value(TENSOR_F16, 0x0400) == 0x1p-14f); /* least normal */
  T_CHECK(row_value(TENSOR_F16, 0x7BFF) == 65504.0f);
  T_CHECK(row_value(TENSOR_F16, 0xBC01) == -(1.0f + 0x1p-10f));
  T_CHECK(row_value(TENSOR_F16, 0x7C00) > 3.4e38f);
  T_CHECK(row_value(TENSOR_F16, 0x7E00) != row_value(TENSOR_F16, 0x7E00));
  T_CHECK(1.0f / row_value(TENSOR_F16, 0x8000) < 0.0f); /* -0 */
  T_CHECK(row_value(TENSOR_BF16, 0xC0A0) == -5.0f);
  T_CHECK(row_value(TENSOR_BF16, 0x0001) == 0x1p-133f);
}

/* Opens a sound checkpoint whose config.json got one replacement. */
static struct model_config config_with(const char *from, const char *to)
{
  struct scene c = scene_make(synthetic_default(), "config.json");
  struct model m = {0};
  struct vtpu_error err;
  if (!synthetic_patch(c.path, from, to))
    T_FAIL("nothing to replace: %s", from);
  if (model_open(c.folder, &m, &err))
    T_FAIL("%s", err.message);
  struct model_config config = m.config;
  model_close(&m);
  return config;
}

T_TEST(reader, config_forms_of_the_same_thing)
{
  T_NEAR(config_with("\"rope_theta\": 10000,\n",
                     "\"rope_parameters\": {\"rope_theta\": 5e5, \"rope_type\": \"default\"},\n")
             .rope_theta,
         5e5, 0);
  T_NEAR(config_with("\"rope_theta\": 10000,\n", "").rope_theta, 10000, 0);
  T_EQ(config_with("\"eos_token_id\": 2", "\"eos_token_id\": [5, 6]").eos, 5);
  T_EQ(config_with("\"eos_token_id\": 2", "\"eos_token_id\": null").eos, -1);
  T_EQ(config_with("\"architectures\": [\"Qwen3ForCausalLM\"]", "\"model_type\": \"qwen3\"").family,
       MODEL_QWEN3);
  T_CHECK(config_with("embeddings\": false", "embeddings\": true").tied); /* lm_head is a copy */
  config_with("\"rope_scaling\": null",
              "\"sliding_window\": 4096, \"use_sliding_window\": false, "
              "\"layer_types\": [\"full_attention\", \"full_attention\"]");
}

T_TEST(reader, head_dim_defaults_to_hidden_by_heads)
{
  struct synthetic s = synthetic_default();
  s.qwen3 = false;
  s.head_dim = 6;
  struct scene c = scene_make(s, "config.json");
  T_CHECK(synthetic_patch(c.path, "\"head_dim\": 6,\n", ""));
  struct model m;
  struct vtpu_error err = {0};
  T_EQ(model_open(c.folder, &m, &err), 0);
  T_EQ(m.config.head_dim, 6);
  T_EQ(m.config.family, MODEL_LLAMA);
  T_CHECK(m.layers && m.layers[0].q_norm.data == NULL);
  model_close(&m);
}

T_TEST(reader, safetensors_samples_of_every_dtype)
{
  const char *path = t_shared("safetensors_samples/overall.safetensors");
  if (!path)
    T_SKIP("no shared data: safetensors_samples");
  struct vtpu_error err;
  struct safetensors s;
  if (safetensors_open(path, &s, &err)) {
    T_FAIL("%s", err.message);
    return;
  }
  static const char *const pairs[][2] = {{"B", "U8"},  {"H", "U16"}, {"I", "U32"},
                                         {"b", "I8"},  {"d", "F64"}, {"e", "F16"},
                                         {"f", "F32"}, {"h", "I16"}, {"i", "I32"}};
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    const struct safetensors_tensor *t = safetensors_find(&s, pairs[i][0]);
    T_REQUIRE(t);
    T_EQ_STR(t->dtype, pairs[i][1]);
    char shape[32];
    safetensors_shape(t, shape, sizeof shape);
    T_EQ_STR(shape, "[6]");
  }
  T_CHECK(safetensors_find(&s, "absent") == NULL);
  safetensors_close(&s);
}

/* --- rejection: the container ---------------------------------------------------------------- */

T_TEST(reader, rejects_a_truncated_file)
{
  struct scene c = scene_make(synthetic_default(), "model.safetensors");
  T_EQ(truncate(c.path, 20000), 0);
  REFUSED(c.folder, VTPU_INPUT, "model.safetensors: tensor model.", "past the end of the data",
          "truncated");
  T_EQ(truncate(c.path, 1000), 0); /* inside the header */
  REFUSED(c.folder, VTPU_INPUT, "the header length is", "truncated");
  T_EQ(truncate(c.path, 5), 0);
  REFUSED(c.folder, VTPU_INPUT, "5 bytes are too short");
  T_EQ(truncate(c.path, 0), 0);
  REFUSED(c.folder, VTPU_INPUT, "the file is empty");
}

T_TEST(reader, rejects_a_header_length_past_the_end)
{
  struct scene c = scene_make(synthetic_default(), "model.safetensors");
  static const uint64_t lengths[] = {1u << 20, UINT64_MAX, UINT64_MAX - 7, (uint64_t)1 << 63};
  for (int i = 0; i < 4; i++) {
    FILE *f = fopen(c.path, "r+b");
    T_REQUIRE(f);
    fwrite(&lengths[i], 8, 1, f);
    fclose(f);
    REFUSED(c.folder, VTPU_INPUT, "offset 0: the header length is", "bytes after it");
  }
}

T_TEST(reader, rejects_a_header_that_is_not_json)
{
  patched("model.safetensors", 1, "{\"__meta", "{__meta", VTPU_INPUT, "the header is not JSON");
  struct scene c = scene_make(synthetic_default(), "model.safetensors");
  write_file(c.path, "\2\0\0\0\0\0\0\0[]", 10);
  REFUSED(c.folder, VTPU_INPUT, "no JSON object");
  write_file(c.path, "\2\0\0\0\0\0\0\0{}", 10);
  REFUSED(c.folder, VTPU_INPUT, "tensor model.embed_tokens.weight is missing");
}

T_TEST(reader, rejects_wrong_entries)
{
  patched("model.safetensors", 1, "\"format\":\"pt\"", "\"format\":7", VTPU_INPUT,
          "__metadata__: \"format\" is not a string");
  patched("model.safetensors", 1, Q_PROJ, "\"model.layers.0.self_attn.q_proj.weight\":{",
          VTPU_INPUT, "q_proj.weight: the header entry lacks");
  patched("model.safetensors", 1, "[32,24]", "[-32,24]", VTPU_INPUT,
          "dimension 0 of the shape is not a whole number");
  patched("model.safetensors", 1, "[32,24]", "[32.0,24]", VTPU_INPUT,
          "dimension 0 of the shape is not a whole number");
  patched("model.safetensors", 1, "[32,24]", "[1,1,1,1,1,1,1,32,24]", VTPU_LIMIT, "9 dimensions");
  patched("model.safetensors", 1, "[32,24]", "[32,25]", VTPU_INPUT,
          "shape [32, 25] of F32 does not take the 3072 bytes");
  /* 2^62 * 2^62 * 32 bits is 0 modulo 2^64 */
  patched("model.safetensors", 1, "[32,24]", "[4611686018427387904,4611686018427387904]",
          VTPU_INPUT, "does not take the 3072 bytes");
  patched("model.safetensors", 1, "\"data_offsets\":[0,", "\"data_offsets\":[-4,", VTPU_INPUT,
          "data_offsets must be two whole numbers");
  patched("model.safetensors", 1, "\"model.norm.weight\"", "\"model.embed_tokens.weight\"",
          VTPU_INPUT, "the header is not JSON: duplicate object key");
}

T_TEST(reader, rejects_wrong_and_unknown_dtypes)
{
  patched("model.safetensors", 1, Q_PROJ,
          "\"model.layers.0.self_attn.q_proj.weight\":{\"dtype\":\"Q99\",\"shape\":[32,24],",
          VTPU_INPUT, "q_proj.weight: unknown dtype \"Q99\"");
  patched("model.safetensors", 1, Q_PROJ,
          "\"model.layers.0.self_attn.q_proj.weight\":{\"dtype\":\"I32\",\"shape\":[32,24],",
          VTPU_INPUT, "q_proj.weight: wrong dtype I32; weights are read as F32, BF16 or F16");
  patched("model.safetensors", 1, Q_PROJ,
          "\"model.layers.0.self_attn.q_proj.weight\":{\"dtype\":\"F64\",\"shape\":[16,24],",
          VTPU_LIMIT, "q_proj.weight: wrong dtype F64");
  patched("model.safetensors", 1, Q_PROJ,
          "\"model.layers.0.self_attn.q_proj.weight\":{\"dtype\":\"BF16\",\"shape\":[32,24],",
          VTPU_INPUT, "shape [32, 24] of BF16 does not take the 3072 bytes");
}

/* The first two tensors are [0, 4608) (embedding, [48, 24]) and [4608, 4704) (norm, [24]). */
T_TEST(reader, rejects_overlaps_holes_and_offsets_past_the_data)
{
  patched("model.safetensors", 1, "[4608,4704]", "[4604,4700]", VTPU_INPUT,
          "model.embed_tokens.weight and model.layers.0.input_layernorm.weight overlap at data "
          "offset 4604");
  patched("model.safetensors", 1, "\"shape\":[48,24],\"data_offsets\":[0,4608]",
          "\"shape\":[47,24],\"data_offsets\":[0,4512]", VTPU_INPUT,
          "hole in the data: nothing covers offsets 4512 to 4608, before tensor");
  patched("model.safetensors", 1, "[4608,4704]", "[99994608,99994704]", VTPU_INPUT,
          "input_layernorm.weight: its data ends at offset 99994704, past the end");
  struct scene c = scene_make(synthetic_default(), "model.safetensors");
  FILE *f = fopen(c.path, "ab");
  T_REQUIRE(f);
  fputs("more", f);
  fclose(f);
  REFUSED(c.folder, VTPU_INPUT, "hole in the data: the last tensor ends at offset");
}

/* --- rejection: tensors against config -------------------------------------------------------- */

T_TEST(reader, rejects_missing_and_surplus_tensors)
{
  patched("model.safetensors", 1, "layers.1.mlp.up_proj", "layers.1.mlp.xx_proj", VTPU_INPUT,
          "tensor model.layers.1.mlp.up_proj.weight is missing");
  patched("config.json", 1, "Qwen3For", "LlamaFor", VTPU_INPUT,
          "k_norm.weight is in the file, but not in the model that config.json describes");
  patched("config.json", 1, "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", VTPU_INPUT,
          "tensor model.layers.1.");
  struct synthetic s = synthetic_default();
  s.tied = true;
  struct scene c = scene_make(s, "config.json");
  T_CHECK(synthetic_patch(c.path, "embeddings\": true", "embeddings\": false"));
  REFUSED(c.folder, VTPU_INPUT, "tensor lm_head.weight is missing");
}

T_TEST(reader, rejects_shapes_that_contradict_the_config)
{
  patched("config.json", 1, "\"hidden_size\": 24", "\"hidden_size\": 32", VTPU_INPUT,
          "tensor model.embed_tokens.weight has shape [48, 24], but config.json asks for [48, 32]");
  patched("config.json", 1, "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 4", VTPU_INPUT,
          "k_proj.weight has shape [16, 24], but config.json asks for [32, 24]");
  patched("config.json", 1, "\"intermediate_size\": 40", "\"intermediate_size\": 41", VTPU_INPUT,
          "gate_proj.weight has shape [40, 24]");
  patched("model.safetensors", 1, "\"shape\":[24],", "\"shape\":[1,24],", VTPU_INPUT,
          "input_layernorm.weight has shape [1, 24], but config.json asks for [24]");
}

T_TEST(reader, rejects_wrong_shards)
{
  struct synthetic s = synthetic_default();
  s.shards = 2;
  struct scene c = scene_make(s, "model-00002-of-00002.safetensors");
  T_EQ(remove(c.path), 0);
  REFUSED(c.folder, VTPU_INPUT, "shard of ", "model-00002-of-00002.safetensors: cannot be opened");
  const char *index = "model.safetensors.index.json";
  patched(index, 2, "model.embed_tokens.weight\": \"model-00001",
          "model.embed_tokens.weight\": "
          "\"model-00002",
          VTPU_INPUT,
          "weight_map places tensor model.embed_tokens.weight in "
          "model-00002-of-00002.safetensors, but it is not there");
  patched(index, 2, "model.norm.weight", "model.morn.weight", VTPU_INPUT,
          "weight_map places tensor model.morn.weight in");
  patched(index, 2, "\"model-00001", "\"../model-00001", VTPU_INPUT, "a file of the same folder");
  patched(index, 2, "weight_map", "weight_mop", VTPU_INPUT, "no object \"weight_map\"");
  patched(index, 2, "}}", "}", VTPU_INPUT, "index.json:");
  patched(index, 2, "\"lm_head.weight\": \"model-00002-of-00002.safetensors\"",
          "\"model.norm.weight\": \"model-00002-of-00002.safetensors\"", VTPU_INPUT, "duplicate");
}

/* --- rejection: config.json --------------------------------------------------------------------
 */

T_TEST(reader, rejects_configs_that_make_no_sense)
{
  const char *c = "config.json";
  patched(c, 1, "\"hidden_size\": 24,\n", "", VTPU_INPUT, "\"hidden_size\" is missing");
  patched(c, 1, "\"hidden_size\": 24", "\"hidden_size\": 24.5", VTPU_INPUT,
          "a whole number from 1");
  patched(c, 1, "\"hidden_size\": 24", "\"hidden_size\": 0", VTPU_INPUT, "a whole number from 1");
  patched(c, 1, "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 70000", VTPU_INPUT, "65536");
  patched(c, 1, "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3", VTPU_INPUT,
          "4 query heads cannot share 3 KV heads");
  patched(c, 1, "\"head_dim\": 8", "\"head_dim\": 7", VTPU_INPUT, "head_dim 7 is odd");
  patched(c, 1, "\"head_dim\": 8", "\"head_dim\": 16000000", VTPU_LIMIT, "wider than");
  patched(c, 1, "\"rms_norm_eps\": 1e-06", "\"rms_norm_eps\": -1", VTPU_INPUT, "above 0");
  patched(c, 1, "\"rope_theta\": 10000", "\"rope_theta\": \"many\"", VTPU_INPUT, "above 0");
  patched(c, 1, "\"rope_theta\": 10000",
          "\"rope_theta\": 10000, \"rope_parameters\": {\"rope_theta\": 20000}", VTPU_INPUT,
          "is 10000, but 20000 in \"rope_parameters\"");
  patched(c, 1, "\"bos_token_id\": 1", "\"bos_token_id\": 48", VTPU_INPUT, "token id 48");
  patched(c, 1, "\"tie_word_embeddings\": false", "\"tie_word_embeddings\": 0", VTPU_INPUT,
          "must be true or false");
  patched(c, 1, "\"architectures\": [\"Qwen3ForCausalLM\"],\n", "", VTPU_INPUT, "neither");
  patched(c, 1, "{", "{,", VTPU_INPUT, "config.json:1:2: not JSON");
}

T_TEST(reader, refuses_what_is_not_covered_by_name)
{
  const char *c = "config.json";
  patched(c, 1, "Qwen3ForCausalLM", "GPT2LMHeadModel", VTPU_LIMIT,
          "architecture \"GPT2LMHeadModel\" is not covered");
  patched(c, 1, "\"rope_scaling\": null", "\"rope_scaling\": {\"rope_type\": \"yarn\"}", VTPU_LIMIT,
          "\"rope_scaling\": RoPE of type \"yarn\"");
  patched(c, 1, "\"rope_scaling\": null", "\"rope_scaling\": {\"factor\": 2.0}", VTPU_LIMIT,
          "\"factor\" changes RoPE");
  patched(c, 1, "\"rope_scaling\": null",
          "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2, \"attention_factor\": 2}",
          VTPU_LIMIT, "\"attention_factor\" changes RoPE");
  patched(c, 1, "\"rope_scaling\": null", "\"partial_rotary_factor\": 0.5", VTPU_LIMIT, "rotating");
  patched(c, 1, "\"attention_bias\": false", "\"attention_bias\": true", VTPU_LIMIT,
          "\"attention_bias\": a bias in attention is not covered");
  patched(c, 1, "\"silu\"", "\"gelu\"", VTPU_LIMIT, "activation \"gelu\"");
  patched(c, 1, "\"rope_scaling\": null", "\"use_sliding_window\": true, \"sliding_window\": 8",
          VTPU_LIMIT, "sliding window");
  patched(c, 1, "\"rope_scaling\": null", "\"layer_types\": [\"sliding_attention\"]", VTPU_LIMIT,
          "any layer but \"full_attention\"");
  patched(c, 1, "\"rope_scaling\": null", "\"quantization_config\": {}", VTPU_LIMIT, "quantised");
}

T_TEST(reader, rejects_paths_that_are_no_model)
{
  struct scene c = scene_make(synthetic_default(), "model.safetensors");
  REFUSED(c.path, VTPU_USAGE, "give the folder");
  T_EQ(remove(c.path), 0);
  REFUSED(c.folder, VTPU_INPUT, "neither model.safetensors nor model.safetensors.index.json");
  snprintf(c.path, sizeof c.path, "%s/config.json", c.folder);
  T_EQ(remove(c.path), 0);
  REFUSED(c.folder, VTPU_INPUT, "config.json: cannot be opened: No such file");
  REFUSED("no/such/model", VTPU_INPUT, "No such file", "a folder with config.json");
}

/* --- llama2.c --------------------------------------------------------------------------------- */

/* dim 8, hidden 12, 1 layer, 2 heads, 1 KV head, vocabulary 10, context 4; all weights 0. */
static const int small_header[7] = {8, 12, 1, 2, 1, 10, 4};
enum { SMALL_FLOATS = 80 + 8 + 64 + 2 * 32 + 64 + 8 + 3 * 96 + 8 + 2 * 8 };

static void write_llama2c(const char *path, int field, int value, long more_bytes)
{
  char *data = calloc(1, 8192);
  int header[7];
  memcpy(header, small_header, sizeof header);
  if (field >= 0)
    header[field] = value;
  memcpy(data, header, sizeof header);
  write_file(path, data, (size_t)(28 + 4 * SMALL_FLOATS + more_bytes));
  free(data);
}

T_TEST(reader, llama2c_sizes_must_match)
{
  char path[PATH_ROOM];
  snprintf(path, sizeof path, "%s", t_temp("small.bin"));
  struct vtpu_error err = {0};
  struct model m;
  write_llama2c(path, -1, 0, 0);
  T_EQ(model_open(path, &m, &err), 0);
  T_EQ(m.config.head_dim, 4);
  T_EQ(m.layers[0].w_down.cols, 12);
  T_EQ(m.config.bos, 1);
  T_CHECK(m.config.tied && m.output.data == m.token_embedding.data);
  model_close(&m);

  write_llama2c(path, 5, -10, 320); /* untied: the output matrix follows */
  T_EQ(model_open(path, &m, &err), 0);
  T_CHECK(!m.config.tied);
  T_CHECK((const char *)m.output.data == (const char *)m.token_embedding.data + 4 * SMALL_FLOATS);
  model_close(&m);

  write_llama2c(path, -1, 0, -4);
  REFUSED(path, VTPU_INPUT, "asks for 2428 bytes, but the file has 2424", "truncated");
  write_llama2c(path, -1, 0, 1);
  REFUSED(path, VTPU_INPUT, "but the file has 2429");
  write_llama2c(path, 5, -10, 0);
  REFUSED(path, VTPU_INPUT, "vocabulary 10 untied");
  write_llama2c(path, 1, 1 << 24, 0);
  REFUSED(path, VTPU_INPUT, "asks for");
}

T_TEST(reader, llama2c_rejects_impossible_headers)
{
  char path[PATH_ROOM];
  snprintf(path, sizeof path, "%s", t_temp("small.bin"));
  write_llama2c(path, 0, -8, 0);
  REFUSED(path, VTPU_INPUT, "offset 0: dim is -8");
  write_llama2c(path, 2, 1 << 20, 0);
  REFUSED(path, VTPU_INPUT, "offset 8: layers is 1048576");
  write_llama2c(path, 5, INT32_MIN, 0);
  REFUSED(path, VTPU_INPUT, "offset 20: vocabulary is -2147483648");
  write_llama2c(path, 3, 3, 0);
  REFUSED(path, VTPU_INPUT, "dim 8 is not a multiple of 3 heads");
  write_llama2c(path, 4, 3, 0);
  REFUSED(path, VTPU_INPUT, "2 query heads cannot share 3 KV heads");
  write_llama2c(path, 3, 8, 0);
  REFUSED(path, VTPU_INPUT, "head_dim 1 is odd");
  write_file(path, small_header, 20);
  REFUSED(path, VTPU_INPUT, "20 bytes are too short for a llama2.c header");
  write_file(path, "PK\3\4\0\0\0\0", 8);
  REFUSED(path, VTPU_LIMIT, "this is a zip archive", "a GGUF file");
}
