/* A small checkpoint of known numbers: see synthetic.h. */
#include "tests/models/synthetic.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TENSORS_MOST = 256, HEADER_ROOM = 1 << 16, PATH_ROOM = 1024 };

struct entry {
  char name[96];
  int rows, cols; /* rows 0: a vector */
};

struct synthetic synthetic_default(void)
{
  return (struct synthetic){
      .qwen3 = true,
      .hidden = 24,
      .layers = 2,
      .heads = 4,
      .kv_heads = 2,
      .head_dim = 8,
      .ffn = 40,
      .vocab = 48,
      .context = 32,
      .rope_theta = 10000.0,
      .dtype = "F32",
      .shards = 1,
  };
}

double synthetic_weight(const char *name, long index)
{
  uint64_t h = 0xCBF29CE484222325u; /* FNV-1a of the name, then a mix with the index */
  for (const char *c = name; *c; c++)
    h = (h ^ (uint8_t)*c) * 0x100000001B3u;
  h = (h ^ (uint64_t)index) * 0x9E3779B97F4A7C15u;
  h = (h ^ h >> 32) * 0xD6E8FEB86659FD93u;
  int steps = (int)(h >> 40 & 127) - 64; /* -64..63 */
  return strstr(name, "norm") ? 1.0 + steps / 128.0 : steps / 256.0;
}

static int list_entries(const struct synthetic *s, struct entry *e)
{
  int n = 0, q = s->heads * s->head_dim, kv = s->kv_heads * s->head_dim;
  e[n++] = (struct entry){"model.embed_tokens.weight", s->vocab, s->hidden};
  for (int l = 0; l < s->layers; l++) {
    const struct {
      const char *name;
      int rows, cols;
    } parts[] = {
        {"input_layernorm", 0, s->hidden},    {"self_attn.q_proj", q, s->hidden},
        {"self_attn.k_proj", kv, s->hidden},  {"self_attn.v_proj", kv, s->hidden},
        {"self_attn.o_proj", s->hidden, q},   {"post_attention_layernorm", 0, s->hidden},
        {"mlp.gate_proj", s->ffn, s->hidden}, {"mlp.up_proj", s->ffn, s->hidden},
        {"mlp.down_proj", s->hidden, s->ffn}, {"self_attn.q_norm", 0, s->head_dim},
        {"self_attn.k_norm", 0, s->head_dim},
    };
    for (int i = 0; i < (s->qwen3 ? 11 : 9); i++) {
      e[n] = (struct entry){.rows = parts[i].rows, .cols = parts[i].cols};
      snprintf(e[n++].name, sizeof e->name, "model.layers.%d.%s.weight", l, parts[i].name);
    }
  }
  e[n++] = (struct entry){"model.norm.weight", 0, s->hidden};
  if (!s->tied)
    e[n++] = (struct entry){"lm_head.weight", s->vocab, s->hidden};
  return n;
}

static long elements(const struct entry *e)
{
  return (long)(e->rows ? e->rows : 1) * e->cols;
}

/* The stored bits: exact for the values that synthetic_weight gives. */
static void put_weight(FILE *f, double value, const char *dtype)
{
  float single = (float)value;
  uint32_t bits;
  memcpy(&bits, &single, sizeof bits);
  uint16_t half = (uint16_t)(bits >> 16); /* bf16 */
  if (strcmp(dtype, "F16") == 0)
    half =
        value == 0.0
            ? 0
            : (uint16_t)(bits >> 31 << 15 | ((bits >> 23 & 255) - 112) << 10 | (bits >> 13 & 1023));
  if (strcmp(dtype, "F32") == 0)
    fwrite(&bits, sizeof bits, 1, f);
  else
    fwrite(&half, sizeof half, 1, f);
}

static bool write_tensors(const char *path, const struct entry *e, int count, const char *dtype)
{
  char *header = malloc(HEADER_ROOM);
  int at = sprintf(header, "{\"__metadata__\":{\"format\":\"pt\"}");
  long offset = 0, size = strcmp(dtype, "F32") == 0 ? 4 : 2;
  for (int i = 0; i < count; i++) {
    char rows[16] = "";
    if (e[i].rows)
      snprintf(rows, sizeof rows, "%d,", e[i].rows);
    long end = offset + elements(&e[i]) * size;
    at += snprintf(header + at, (size_t)(HEADER_ROOM - at),
                   ",\"%s\":{\"dtype\":\"%s\",\"shape\":[%s%d],\"data_offsets\":[%ld,%ld]}",
                   e[i].name, dtype, rows, e[i].cols, offset, end);
    offset = end;
  }
  at += sprintf(header + at, "}");
  FILE *f = fopen(path, "wb");
  if (f) {
    uint64_t bytes = (uint64_t)at;
    fwrite(&bytes, sizeof bytes, 1, f);
    fwrite(header, 1, (size_t)at, f);
    for (int i = 0; i < count; i++)
      for (long j = 0; j < elements(&e[i]); j++)
        put_weight(f, synthetic_weight(e[i].name, j), dtype);
  }
  free(header);
  return f && fclose(f) == 0;
}

static bool write_config(const struct synthetic *s, const char *folder)
{
  char path[PATH_ROOM];
  snprintf(path, sizeof path, "%s/config.json", folder);
  FILE *f = fopen(path, "w");
  if (!f)
    return false;
  fprintf(f,
          "{\n\"architectures\": [\"%s\"],\n\"attention_bias\": false,\n\"bos_token_id\": 1,\n"
          "\"eos_token_id\": 2,\n\"head_dim\": %d,\n\"hidden_act\": \"silu\",\n"
          "\"hidden_size\": %d,\n\"intermediate_size\": %d,\n\"max_position_embeddings\": %d,\n"
          "\"num_attention_heads\": %d,\n\"num_hidden_layers\": %d,\n"
          "\"num_key_value_heads\": %d,\n\"rms_norm_eps\": 1e-06,\n\"rope_scaling\": null,\n"
          "\"rope_theta\": %.17g,\n\"tie_word_embeddings\": %s,\n\"vocab_size\": %d\n}\n",
          s->qwen3 ? "Qwen3ForCausalLM" : "LlamaForCausalLM", s->head_dim, s->hidden, s->ffn,
          s->context, s->heads, s->layers, s->kv_heads, s->rope_theta, s->tied ? "true" : "false",
          s->vocab);
  return fclose(f) == 0;
}

bool synthetic_write(const struct synthetic *s, const char *folder)
{
  static struct entry e[TENSORS_MOST];
  char path[PATH_ROOM], index_path[PATH_ROOM];
  int count = list_entries(s, e);
  mkdir(folder, 0777); /* may be there already, with another checkpoint in it */
  if (!write_config(s, folder))
    return false;
  snprintf(path, sizeof path, "%s/model.safetensors", folder);
  snprintf(index_path, sizeof index_path, "%s/model.safetensors.index.json", folder);
  remove(path);
  remove(index_path);
  if (s->shards == 1)
    return write_tensors(path, e, count, s->dtype);

  FILE *index = fopen(index_path, "w");
  if (!index)
    return false;
  fprintf(index, "{\"metadata\": {}, \"weight_map\": {\n");
  bool good = true;
  for (int k = 0; k < s->shards; k++) {
    int from = count * k / s->shards, to = count * (k + 1) / s->shards;
    char name[64];
    snprintf(name, sizeof name, "model-%05d-of-%05d.safetensors", k + 1, s->shards);
    for (int i = from; i < to; i++)
      fprintf(index, "\"%s\": \"%s\"%s\n", e[i].name, name, i + 1 < count ? "," : "}}");
    snprintf(path, sizeof path, "%s/%s", folder, name);
    good = write_tensors(path, e + from, to - from, s->dtype) && good;
  }
  return fclose(index) == 0 && good;
}

/* First place of `part` in bytes that may contain NULs. */
static char *find(char *bytes, size_t count, const char *part)
{
  return memmem(bytes, count, part, strlen(part));
}

bool synthetic_patch(const char *path, const char *from, const char *to)
{
  FILE *f = fopen(path, "rb");
  if (!f)
    return false;
  fseek(f, 0, SEEK_END);
  size_t bytes = (size_t)ftell(f);
  rewind(f);
  char *data = malloc(bytes + 1);
  bool good = fread(data, 1, bytes, f) == bytes;
  fclose(f);
  char *hit = good ? find(data, bytes, from) : NULL;
  f = hit ? fopen(path, "wb") : NULL;
  if (f) {
    const char *dot = strrchr(path, '.');
    size_t before = (size_t)(hit - data), after = before + strlen(from);
    if (dot && strcmp(dot, ".safetensors") == 0) {
      uint64_t header;
      memcpy(&header, data, sizeof header);
      header += strlen(to) - strlen(from);
      memcpy(data, &header, sizeof header);
    }
    fwrite(data, 1, before, f);
    fwrite(to, 1, strlen(to), f);
    fwrite(data + after, 1, bytes - after, f);
    good = fclose(f) == 0;
  }
  free(data);
  return good && f;
}
