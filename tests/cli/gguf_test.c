/* The carried model as one GGUF file, tensors and tokenizer, tells what the folder tells. */
#include "models/model.h"
#include "tests/cli/command.h"
#include "tests/harness/harness.h"
#include "tests/models/gguf_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BF16 = 30, F32 = 0, I32 = 5, NORMAL = 1, CONTROL = 3 };

static void put_tensor(struct gguf_file *f, const char *name, const struct tensor *t)
{
  const uint64_t sizes[2] = {(uint64_t)t->cols, (uint64_t)t->rows};
  size_t elements = (size_t)(t->rows * t->cols);
  if (t->rows > 1 && t->type == TENSOR_BF16) { /* matrices as they are, vectors as F32 */
    gguf_put_tensor(f, name, 2, sizes, BF16, t->data, 2 * elements);
    return;
  }
  float *rows = malloc(elements * sizeof *rows);
  for (int64_t i = 0; i < t->rows; i++)
    tensor_row_f32(t, i, rows + i * t->cols);
  gguf_put_tensor(f, name, t->rows > 1 ? 2 : 1, sizes, F32, rows, elements * sizeof *rows);
  free(rows);
}

static void put_model(struct gguf_file *f, const struct model *m)
{
  const struct model_config *c = &m->config;
  gguf_put_string(f, "general.architecture", "qwen3");
  gguf_put_int(f, "qwen3.block_count", (uint32_t)c->layers);
  gguf_put_int(f, "qwen3.context_length", (uint32_t)c->context);
  gguf_put_int(f, "qwen3.embedding_length", (uint32_t)c->hidden);
  gguf_put_int(f, "qwen3.feed_forward_length", (uint32_t)c->ffn);
  gguf_put_int(f, "qwen3.attention.head_count", (uint32_t)c->heads);
  gguf_put_int(f, "qwen3.attention.head_count_kv", (uint32_t)c->kv_heads);
  gguf_put_int(f, "qwen3.attention.key_length", (uint32_t)c->head_dim);
  gguf_put_float(f, "qwen3.attention.layer_norm_rms_epsilon", c->rms_eps);
  gguf_put_float(f, "qwen3.rope.freq_base", c->rope_theta);
  put_tensor(f, "token_embd.weight", &m->token_embedding);
  put_tensor(f, "output_norm.weight", &m->final_norm);
  for (int l = 0; l < c->layers; l++) {
    const struct model_layer *w = &m->layers[l];
    const struct {
      const char *name;
      const struct tensor *tensor;
    } parts[] = {
        {"attn_norm", &w->attention_norm},
        {"attn_q", &w->wq},
        {"attn_k", &w->wk},
        {"attn_v", &w->wv},
        {"attn_output", &w->wo},
        {"attn_q_norm", &w->q_norm},
        {"attn_k_norm", &w->k_norm},
        {"ffn_norm", &w->ffn_norm},
        {"ffn_gate", &w->w_gate},
        {"ffn_up", &w->w_up},
        {"ffn_down", &w->w_down},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
      char name[64];
      snprintf(name, sizeof name, "blk.%d.%s.weight", l, parts[i].name);
      put_tensor(f, name, parts[i].tensor);
    }
  }
}

/* What tokenizer.json says, in GGUF's words. */
static void put_tokenizer(struct gguf_file *f, json_t *root, int count)
{
  json_t *vocab = json_at(root, "model.vocab"), *merges = json_at(root, "model.merges"), *value;
  json_t *added = json_at(root, "added_tokens");
  const char **tokens = calloc((size_t)count, sizeof *tokens), *text;
  const char **pairs = calloc(json_array_size(merges), sizeof *pairs);
  int *types = calloc((size_t)count, sizeof *types);
  char *joined = calloc(json_array_size(merges), 64);
  size_t i;
  json_object_foreach(vocab, text, value)
  {
    tokens[json_integer_value(value)] = text;
    types[json_integer_value(value)] = NORMAL;
  }
  json_array_foreach(added, i, value)
  {
    int id = (int)json_whole(value, "id");
    tokens[id] = json_text(value, "content");
    types[id] = CONTROL;
  }
  json_array_foreach(merges, i, value)
  {
    pairs[i] = joined + 64 * i;
    snprintf(joined + 64 * i, 64, "%s %s", json_string_value(json_array_get(value, 0)),
             json_string_value(json_array_get(value, 1)));
  }
  gguf_put_string(f, "tokenizer.ggml.model", "gpt2");
  gguf_put_string(f, "tokenizer.ggml.pre", "gpt-2");
  gguf_put_strings(f, "tokenizer.ggml.tokens", tokens, (size_t)count);
  gguf_put_array(f, "tokenizer.ggml.token_type", I32, types, (size_t)count);
  gguf_put_strings(f, "tokenizer.ggml.merges", pairs, json_array_size(merges));
  gguf_put_int(f, "tokenizer.ggml.bos_token_id", (uint32_t)count - 1);
  gguf_put_int(f, "tokenizer.ggml.eos_token_id", (uint32_t)count - 1);
  free(tokens);
  free(pairs);
  free(types);
  free(joined);
}

static json_t *infer(const char *model)
{
  struct command c = {0};
  command(&c, "vtpu infer --model '%s' --prompt 'One day, <|endoftext|>Tom' --tokens 12 --json -",
          model);
  T_STATUS(&c, 0);
  json_t *j = json_of_text(c.out);
  command_end(&c);
  return j;
}

T_TEST(cli_gguf, the_carried_model_as_gguf_tells_the_same)
{
  struct model m;
  struct vtpu_error err;
  T_REQUIRE(model_open("models/carried", &m, &err) == 0);
  struct gguf_file f = gguf_file_new();
  json_t *root = json_of_file("models/carried/tokenizer.json");
  put_model(&f, &m);
  put_tokenizer(&f, root, m.config.vocab);
  gguf_file_write(&f, temp_path("carried.gguf"));
  json_t *folder = infer("models/carried"), *file = infer(temp_path("carried.gguf"));
  T_CHECK(json_array_size(json_at(folder, "tokens")) > 12);
  T_CHECK(json_equal(json_at(folder, "tokens"), json_at(file, "tokens")));
  T_EQ_STR(json_text(folder, "text"), json_text(file, "text"));
  T_EQ(json_whole(folder, "cycles"), json_whole(file, "cycles"));
  json_decref(root);
  json_decref(folder);
  json_decref(file);
  gguf_file_free(&f);
  model_close(&m);
}

T_TEST(cli_gguf, a_cut_file_is_an_input_error)
{
  struct command c = {0};
  struct gguf_file f = gguf_file_new();
  gguf_put_string(&f, "general.architecture", "qwen3");
  gguf_put_string(&f, "general.name",
                  "a name of so many letters that what is cut off it is more than any padding");
  f.value_bytes -= 50;
  gguf_file_write(&f, temp_path("cut.gguf"));
  command(&c, "vtpu infer --model '%s' --prompt a", temp_path("cut.gguf"));
  T_STATUS(&c, 3);
  T_CONTAINS(c.err, "cut.gguf: offset ");
  T_CONTAINS(c.err, "truncated or damaged: fetch it again");
  command_end(&c);
  gguf_file_free(&f);
}
