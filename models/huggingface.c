/* A Hugging Face folder -> struct model: config.json says what must be there, model.safetensors or
 * the shards of model.safetensors.index.json must hold exactly that. */
#include "models/readers.h"

#include <inttypes.h>
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TENSOR_NAME_BYTES = 128 };

/* Where tensors are looked up. */
struct source {
  const char *folder;
  struct model_files *files;
  json_t *weight_map; /* tensor name -> shard name; NULL for a single file */
  char **shard_names; /* [files->shard_count] with a weight map */
  struct vtpu_error *err;
};

static int open_shard(struct source *s, const char *name)
{
  char *path = mapping_path(s->folder, name);
  if (!path)
    return vtpu_fail(s->err, VTPU_SYSTEM, "%s: out of memory", s->folder);
  int bad = safetensors_open(path, &s->files->shards[s->files->shard_count], s->err);
  s->files->shard_count += !bad;
  free(path);
  return bad;
}

static int find_shard(const struct source *s, const char *name)
{
  for (int i = 0; i < s->files->shard_count; i++)
    if (strcmp(s->shard_names[i], name) == 0)
      return i;
  return -1;
}

/* Opens every shard that the weight map names; each tensor must be in its shard. */
static int open_shards(struct source *s, const char *index_path)
{
  size_t room = json_object_size(s->weight_map);
  s->files->shards = calloc(room + 1, sizeof *s->files->shards);
  s->shard_names = calloc(room + 1, sizeof *s->shard_names);
  if (!s->files->shards || !s->shard_names)
    return vtpu_fail(s->err, VTPU_SYSTEM, "%s: out of memory", index_path);
  const char *tensor;
  json_t *value;
  json_object_foreach(s->weight_map, tensor, value)
  {
    const char *shard = json_string_value(value);
    if (!shard || !*shard || strchr(shard, '/'))
      return vtpu_fail(s->err, VTPU_INPUT,
                       "%s: weight_map: \"%s\" must name a file of the same folder", index_path,
                       tensor);
    int i = find_shard(s, shard);
    if (i < 0) {
      i = s->files->shard_count;
      int bad = open_shard(s, shard);
      if (bad) {
        vtpu_fail_prefix(s->err, "shard of %s: ", index_path);
        return bad;
      }
      s->shard_names[i] = (char *)(uintptr_t)shard; /* lives as long as the weight map */
    }
    if (!safetensors_find(&s->files->shards[i], tensor))
      return vtpu_fail(s->err, VTPU_INPUT,
                       "%s: weight_map places tensor %s in %s, but it is not there\n"
                       "  index and shards do not belong together: fetch both again",
                       index_path, tensor, shard);
  }
  return 0;
}

static int open_index(struct source *s, const char *index_path, json_t **root)
{
  struct mapping text;
  int bad = mapping_open(index_path, &text, s->err);
  if (bad)
    return bad;
  json_error_t why;
  *root = json_loadb((const char *)text.data, (size_t)text.bytes, JSON_REJECT_DUPLICATES, &why);
  mapping_close(&text);
  if (!*root)
    return vtpu_fail(s->err, VTPU_INPUT, "%s:%d:%d: not JSON: %s", index_path, why.line, why.column,
                     why.text);
  s->weight_map = json_object_get(*root, "weight_map");
  if (!json_is_object(s->weight_map))
    return vtpu_fail(s->err, VTPU_INPUT, "%s: there is no object \"weight_map\"", index_path);
  return open_shards(s, index_path);
}

static int open_files(struct source *s, json_t **index_root)
{
  char *single = mapping_path(s->folder, "model.safetensors");
  char *index = mapping_path(s->folder, "model.safetensors.index.json");
  int bad;
  if (!single || !index) {
    bad = vtpu_fail(s->err, VTPU_SYSTEM, "%s: out of memory", s->folder);
  } else if (access(single, F_OK) == 0) {
    s->files->shards = calloc(1, sizeof *s->files->shards);
    bad = s->files->shards ? open_shard(s, "model.safetensors")
                           : vtpu_fail(s->err, VTPU_SYSTEM, "%s: out of memory", s->folder);
  } else if (access(index, F_OK) == 0) {
    bad = open_index(s, index, index_root);
  } else {
    bad = vtpu_fail(s->err, VTPU_INPUT,
                    "%s: neither model.safetensors nor model.safetensors.index.json is there\n"
                    "  other kinds of tensor files have to be converted to safetensors first",
                    s->folder);
  }
  free(single);
  free(index);
  return bad;
}

static struct safetensors_tensor *find_tensor(const struct source *s, const char *name)
{
  if (!s->weight_map)
    return safetensors_find(&s->files->shards[0], name);
  const char *shard = json_string_value(json_object_get(s->weight_map, name));
  return shard ? safetensors_find(&s->files->shards[find_shard(s, shard)], name) : NULL;
}

static const char *file_of(const struct source *s, const struct safetensors_tensor *t)
{
  for (int i = 0; i < s->files->shard_count; i++) {
    const struct safetensors *f = &s->files->shards[i];
    if (t >= f->tensors && t < f->tensors + f->count)
      return f->file.path;
  }
  return s->folder;
}

static int tensor_type(const struct source *s, const struct safetensors_tensor *t,
                       enum tensor_type *type)
{
  static const char *const names[] = {
      [TENSOR_F32] = "F32", [TENSOR_BF16] = "BF16", [TENSOR_F16] = "F16"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcmp(t->dtype, names[i]) == 0) {
      *type = (enum tensor_type)i;
      return 0;
    }
  }
  /* Other floats are weights of another kind; anything else is no weight at all. */
  return vtpu_fail(s->err, t->dtype[0] == 'F' ? VTPU_LIMIT : VTPU_INPUT,
                   "%s: tensor %s: wrong dtype %s; weights are read as F32, BF16 or F16\n"
                   "  convert the checkpoint",
                   file_of(s, t), t->name, t->dtype);
}

/* Takes the tensor of that name, [rows, cols], or [cols] for a vector. */
static int take(const struct source *s, const char *name, bool vector, int64_t rows, int64_t cols,
                struct tensor *out)
{
  struct safetensors_tensor *t = find_tensor(s, name);
  if (!t)
    return vtpu_fail(s->err, VTPU_INPUT,
                     "%s: tensor %s is missing\n  config.json asks for it; fetch or convert the "
                     "checkpoint again",
                     s->weight_map ? s->folder : s->files->shards[0].file.path, name);
  enum tensor_type type = TENSOR_F32;
  int bad = tensor_type(s, t, &type);
  if (bad)
    return bad;
  bool fits = vector ? t->rank == 1 && t->shape[0] == cols
                     : t->rank == 2 && t->shape[0] == rows && t->shape[1] == cols;
  if (!fits) {
    char has[200], wants[64];
    safetensors_shape(t, has, sizeof has);
    if (vector)
      snprintf(wants, sizeof wants, "[%" PRId64 "]", cols);
    else
      snprintf(wants, sizeof wants, "[%" PRId64 ", %" PRId64 "]", rows, cols);
    return vtpu_fail(s->err, VTPU_INPUT,
                     "%s: tensor %s has shape %s, but config.json asks for %s\n"
                     "  config.json and tensors do not belong together",
                     file_of(s, t), name, has, wants);
  }
  t->used = true;
  *out = (struct tensor){
      .name = t->name, .type = type, .rows = vector ? 1 : rows, .cols = cols, .data = t->data};
  return 0;
}

static int take_layer(const struct source *s, const struct model_config *c, int l,
                      struct model_layer *layer)
{
  const int64_t q = (int64_t)c->heads * c->head_dim, kv = (int64_t)c->kv_heads * c->head_dim;
  const struct {
    const char *name;
    bool vector, absent;
    int64_t rows, cols;
    struct tensor *tensor;
  } parts[] = {
      {"input_layernorm", true, false, 1, c->hidden, &layer->attention_norm},
      {"self_attn.q_proj", false, false, q, c->hidden, &layer->wq},
      {"self_attn.k_proj", false, false, kv, c->hidden, &layer->wk},
      {"self_attn.v_proj", false, false, kv, c->hidden, &layer->wv},
      {"self_attn.o_proj", false, false, c->hidden, q, &layer->wo},
      {"self_attn.q_norm", true, !c->qk_norm, 1, c->head_dim, &layer->q_norm},
      {"self_attn.k_norm", true, !c->qk_norm, 1, c->head_dim, &layer->k_norm},
      {"post_attention_layernorm", true, false, 1, c->hidden, &layer->ffn_norm},
      {"mlp.gate_proj", false, false, c->ffn, c->hidden, &layer->w_gate},
      {"mlp.up_proj", false, false, c->ffn, c->hidden, &layer->w_up},
      {"mlp.down_proj", false, false, c->hidden, c->ffn, &layer->w_down},
  };
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (parts[i].absent)
      continue;
    char name[TENSOR_NAME_BYTES];
    snprintf(name, sizeof name, "model.layers.%d.%s.weight", l, parts[i].name);
    int bad = take(s, name, parts[i].vector, parts[i].rows, parts[i].cols, parts[i].tensor);
    if (bad)
      return bad;
  }
  return 0;
}

static bool ends_with(const char *text, const char *end)
{
  size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

/* A tensor that nobody took would have changed the result, unless it repeats what is known: the
 * RoPE frequencies that old exports carry, or a copy of tied embeddings. */
static int check_all_used(const struct source *s, const struct model_config *c)
{
  for (int i = 0; i < s->files->shard_count; i++) {
    const struct safetensors *f = &s->files->shards[i];
    for (int j = 0; j < f->count; j++) {
      const struct safetensors_tensor *t = &f->tensors[j];
      if (t->used || ends_with(t->name, ".rotary_emb.inv_freq") ||
          (c->tied && strcmp(t->name, "lm_head.weight") == 0))
        continue;
      return vtpu_fail(s->err, ends_with(t->name, ".bias") ? VTPU_LIMIT : VTPU_INPUT,
                       "%s: tensor %s is in the file, but not in the model that config.json "
                       "describes\n  config.json and tensors do not belong together, or the model "
                       "has parts that are not covered",
                       f->file.path, t->name);
    }
  }
  return 0;
}

static int take_tensors(const struct source *s, struct model *m)
{
  const struct model_config *c = &m->config;
  int bad = take(s, "model.embed_tokens.weight", false, c->vocab, c->hidden, &m->token_embedding);
  for (int l = 0; l < c->layers && !bad; l++)
    bad = take_layer(s, c, l, &m->layers[l]);
  if (!bad)
    bad = take(s, "model.norm.weight", true, 1, c->hidden, &m->final_norm);
  if (!bad && !c->tied)
    bad = take(s, "lm_head.weight", false, c->vocab, c->hidden, &m->output);
  if (!bad && c->tied)
    m->output = m->token_embedding;
  return bad ? bad : check_all_used(s, c);
}

int huggingface_open(const char *folder, struct model *model, struct vtpu_error *err)
{
  char *path = mapping_path(folder, "config.json");
  if (!path)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", folder);
  int bad = huggingface_config(path, model, err);
  free(path);
  if (bad)
    return bad;
  model->layers = calloc((size_t)model->config.layers, sizeof *model->layers);
  if (!model->layers)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", folder);

  struct source s = {.folder = folder, .files = model->files, .err = err};
  json_t *index_root = NULL;
  bad = open_files(&s, &index_root);
  if (!bad)
    bad = take_tensors(&s, model);
  json_decref(index_root);
  free(s.shard_names);
  return bad;
}
