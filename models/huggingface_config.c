/* config.json of a Hugging Face folder -> struct model_config.
 *
 * Whatever would change the result and is not computed here (partial RoPE, biases, sliding windows,
 * other activations, quantised weights) is refused by name, never ignored. Keys that do not touch
 * inference (dropout, initialiser, dtype of training, ...) are skipped. Defaults are those of the
 * transformers library.
 */
#include "models/readers.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

struct config_file {
  const char *path;
  json_t *root;
  struct vtpu_error *err;
};

/* NULL when absent or null: configs use both for "the default". */
static json_t *get(json_t *object, const char *key)
{
  json_t *v = json_object_get(object, key);
  return json_is_null(v) ? NULL : v;
}

/* A whole number from 1 to most; fallback 0: must be there. */
static int read_int(const struct config_file *f, const char *key, int fallback, int most, int *out)
{
  json_t *v = get(f->root, key);
  *out = fallback;
  if (!v && fallback)
    return 0;
  if (!v)
    return vtpu_fail(f->err, VTPU_INPUT,
                     "%s: \"%s\" is missing\n  take the config.json that belongs to the tensors",
                     f->path, key);
  if (!json_is_integer(v) || json_integer_value(v) < 1 || json_integer_value(v) > most)
    return vtpu_fail(f->err, VTPU_INPUT, "%s: \"%s\" must be a whole number from 1 to %d", f->path,
                     key, most);
  *out = (int)json_integer_value(v);
  return 0;
}

/* A positive number in `object` (the root or a part of it). */
static int read_float(const struct config_file *f, json_t *object, const char *key, double fallback,
                      float *out)
{
  json_t *v = get(object, key);
  double value = v ? json_number_value(v) : fallback;
  if ((v && !json_is_number(v)) || !(value > 0) || !isfinite((float)value))
    return vtpu_fail(f->err, VTPU_INPUT, "%s: \"%s\" must be a number above 0", f->path, key);
  *out = (float)value;
  return 0;
}

static int read_bool(const struct config_file *f, const char *key, bool *out)
{
  json_t *v = get(f->root, key);
  if (v && !json_is_boolean(v))
    return vtpu_fail(f->err, VTPU_INPUT, "%s: \"%s\" must be true or false", f->path, key);
  *out = json_is_true(v);
  return 0;
}

/* An id, or the first of a list of ids; -1 when there is none. */
static int read_token(const struct config_file *f, const char *key, int *out)
{
  json_t *v = get(f->root, key);
  if (json_is_array(v))
    v = json_array_get(v, 0);
  *out = -1;
  if (!v)
    return 0;
  if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > MODEL_SIZE_MOST)
    return vtpu_fail(f->err, VTPU_INPUT, "%s: \"%s\" must be a token id (or a list of them)",
                     f->path, key);
  *out = (int)json_integer_value(v);
  return 0;
}

static int refuse(const struct config_file *f, const char *key, const char *what)
{
  return vtpu_fail(f->err, VTPU_LIMIT,
                   "%s: \"%s\": %s is not covered\n  take a checkpoint without it", f->path, key,
                   what);
}

static int read_family(const struct config_file *f, struct model_config *c)
{
  static const struct {
    const char *architecture, *type;
    enum model_family family;
  } known[] = {
      {"LlamaForCausalLM", "llama", MODEL_LLAMA},
      {"Qwen3ForCausalLM", "qwen3", MODEL_QWEN3},
  };
  const char *architecture = json_string_value(json_array_get(get(f->root, "architectures"), 0));
  const char *type = json_string_value(get(f->root, "model_type"));
  if (!architecture && !type)
    return vtpu_fail(f->err, VTPU_INPUT,
                     "%s: neither \"architectures\" nor \"model_type\" says what model this is",
                     f->path);
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (architecture ? strcmp(architecture, known[i].architecture) == 0
                     : strcmp(type, known[i].type) == 0) {
      c->family = known[i].family;
      c->qk_norm = c->family == MODEL_QWEN3;
      return 0;
    }
  }
  return vtpu_fail(f->err, VTPU_LIMIT,
                   "%s: architecture \"%.80s\" is not covered\n  covered are LlamaForCausalLM and "
                   "Qwen3ForCausalLM",
                   f->path, architecture ? architecture : type);
}

/* Which way of scaling a "rope_type" names, and the keys that it needs. */
static const struct {
  const char *name;
  enum rope_scaling_kind kind;
} rope_types[] = {{"default", ROPE_PLAIN}, {"linear", ROPE_LINEAR}, {"llama3", ROPE_LLAMA3}};

static int read_rope_type(const struct config_file *f, const char *key, json_t *rope,
                          enum rope_scaling_kind *kind)
{
  json_t *type = get(rope, "rope_type") ? get(rope, "rope_type") : get(rope, "type");
  const char *name = type ? json_string_value(type) : "default";
  for (size_t i = 0; name && i < sizeof rope_types / sizeof *rope_types; i++)
    if (strcmp(name, rope_types[i].name) == 0) {
      *kind = rope_types[i].kind;
      return 0;
    }
  return vtpu_fail(f->err, VTPU_LIMIT,
                   "%s: \"%s\": RoPE of type \"%.40s\" is not covered\n  covered are default, "
                   "linear and llama3",
                   f->path, key, name ? name : "?");
}

/* One object that may describe RoPE: "rope_scaling" (older) or "rope_parameters" (newer). A key
 * that its type does not have would change the rotation in a way that is not computed. */
static int read_rope_object(const struct config_file *f, const char *key, struct rope_scaling *out)
{
  json_t *rope = get(f->root, key), *value;
  if (!rope)
    return 0;
  if (!json_is_object(rope))
    return vtpu_fail(f->err, VTPU_INPUT, "%s: \"%s\" must be null or an object", f->path, key);
  struct rope_scaling s = {0};
  int bad = read_rope_type(f, key, rope, &s.kind);
  if (bad)
    return bad;
  const struct {
    const char *key;
    enum rope_scaling_kind least; /* the first kind that has it */
    float *value;
  } numbers[] = {
      {"factor", ROPE_LINEAR, &s.factor},
      {"low_freq_factor", ROPE_LLAMA3, &s.low},
      {"high_freq_factor", ROPE_LLAMA3, &s.high},
      {"original_max_position_embeddings", ROPE_LLAMA3, &s.context},
  };
  enum { NUMBERS = sizeof numbers / sizeof *numbers };
  const char *name;
  json_object_foreach(rope, name, value)
  {
    bool known = strcmp(name, "rope_type") == 0 || strcmp(name, "type") == 0 ||
                 strcmp(name, "rope_theta") == 0 || json_is_null(value) ||
                 (strcmp(name, "partial_rotary_factor") == 0 && json_number_value(value) == 1.0);
    for (int i = 0; i < NUMBERS; i++)
      known = known || (s.kind >= numbers[i].least && strcmp(name, numbers[i].key) == 0);
    if (!known)
      return vtpu_fail(f->err, VTPU_LIMIT,
                       "%s: \"%s\": \"%.40s\" changes RoPE in a way that is not covered\n"
                       "  take a checkpoint without it",
                       f->path, key, name);
  }
  for (int i = 0; i < NUMBERS && !bad; i++)
    if (s.kind >= numbers[i].least)
      bad = read_float(f, rope, numbers[i].key, 0, numbers[i].value);
  if (!bad && s.kind == ROPE_LLAMA3 && !(s.low < s.high))
    bad = vtpu_fail(f->err, VTPU_INPUT,
                    "%s: \"%s\": \"low_freq_factor\" %g is not below \"high_freq_factor\" %g",
                    f->path, key, (double)s.low, (double)s.high);
  if (s.kind != ROPE_PLAIN)
    *out = s;
  return bad;
}

static int read_rope(const struct config_file *f, struct model *m)
{
  struct model_config *c = &m->config;
  struct rope_scaling scaling = {0};
  int bad = read_rope_object(f, "rope_scaling", &scaling);
  if (!bad)
    bad = read_rope_object(f, "rope_parameters", &scaling);
  if (bad)
    return bad;
  json_t *partial = get(f->root, "partial_rotary_factor");
  if (partial && json_number_value(partial) != 1.0)
    return refuse(f, "partial_rotary_factor", "rotating part of a head");

  json_t *parameters = get(f->root, "rope_parameters");
  bool top = get(f->root, "rope_theta"), inner = get(parameters, "rope_theta");
  bad = read_float(f, f->root, "rope_theta", 10000.0, &c->rope_theta);
  float theta = c->rope_theta;
  if (!bad && inner)
    bad = read_float(f, parameters, "rope_theta", 10000.0, &c->rope_theta);
  if (!bad && top && inner && theta != c->rope_theta)
    bad =
        vtpu_fail(f->err, VTPU_INPUT,
                  "%s: \"rope_theta\" is %g, but %g in \"rope_parameters\"\n  remove the wrong one",
                  f->path, (double)theta, (double)c->rope_theta);
  return bad ? bad : rope_scale(f->path, m, &scaling, f->err);
}

/* Qwen3 uses its window only if use_sliding_window says so; elsewhere a window without that key
 * counts as used. */
static int check_window(const struct config_file *f, const struct model_config *c)
{
  bool use = false;
  int bad = read_bool(f, "use_sliding_window", &use);
  if (bad)
    return bad;
  if (!get(f->root, "use_sliding_window"))
    use = c->family != MODEL_QWEN3;
  if (use && get(f->root, "sliding_window"))
    return refuse(f, "sliding_window", "attention in a sliding window");
  json_t *types = get(f->root, "layer_types"), *type;
  size_t i;
  json_array_foreach(types, i, type) if (!json_is_string(type) ||
                                         strcmp(json_string_value(type), "full_attention") !=
                                             0) return refuse(f, "layer_types",
                                                              "any layer but \"full_attention\"");
  return 0;
}

static int check_covered(const struct config_file *f, const struct model_config *c)
{
  static const struct {
    const char *key, *what;
  } flags[] = {{"attention_bias", "a bias in attention"}, {"mlp_bias", "a bias in the FFN"}};
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
    bool on = false;
    int bad = read_bool(f, flags[i].key, &on);
    if (bad)
      return bad;
    if (on)
      return refuse(f, flags[i].key, flags[i].what);
  }
  json_t *act = get(f->root, "hidden_act");
  const char *name = act ? json_string_value(act) : "silu";
  if (!name || (strcmp(name, "silu") != 0 && strcmp(name, "swish") != 0))
    return vtpu_fail(f->err, VTPU_LIMIT,
                     "%s: \"hidden_act\": activation \"%.40s\" is not covered, only \"silu\"",
                     f->path, name ? name : "?");
  if (get(f->root, "quantization_config"))
    return refuse(f, "quantization_config", "a checkpoint of quantised weights");
  return check_window(f, c);
}

static int read_sizes(const struct config_file *f, struct model_config *c)
{
  int bad = read_int(f, "hidden_size", 0, MODEL_SIZE_MOST, &c->hidden);
  if (!bad)
    bad = read_int(f, "num_hidden_layers", 0, MODEL_LAYERS_MOST, &c->layers);
  if (!bad)
    bad = read_int(f, "num_attention_heads", 0, MODEL_SIZE_MOST, &c->heads);
  if (!bad)
    bad = read_int(f, "num_key_value_heads", c->heads, MODEL_SIZE_MOST, &c->kv_heads);
  if (!bad)
    bad = read_int(f, "intermediate_size", 0, MODEL_SIZE_MOST, &c->ffn);
  if (!bad)
    bad = read_int(f, "vocab_size", 0, MODEL_SIZE_MOST, &c->vocab);
  if (!bad)
    bad = read_int(f, "max_position_embeddings", 0, MODEL_SIZE_MOST, &c->context);
  if (bad)
    return bad;
  if (!get(f->root, "head_dim") && c->hidden % c->heads != 0)
    return vtpu_fail(f->err, VTPU_INPUT,
                     "%s: hidden_size %d is not a multiple of num_attention_heads %d, and there is "
                     "no \"head_dim\"",
                     f->path, c->hidden, c->heads);
  return read_int(f, "head_dim", c->hidden / c->heads, MODEL_SIZE_MOST, &c->head_dim);
}

static int read_root(const struct config_file *f, struct model *m)
{
  struct model_config *c = &m->config;
  *c = (struct model_config){.rope_pairs = ROPE_HALVES};
  int bad = read_family(f, c);
  if (!bad)
    bad = check_covered(f, c);
  if (!bad)
    bad = read_sizes(f, c);
  if (!bad)
    bad = read_float(f, f->root, "rms_norm_eps", 1e-6, &c->rms_eps);
  if (!bad)
    bad = read_bool(f, "tie_word_embeddings", &c->tied);
  if (!bad)
    bad = read_token(f, "bos_token_id", &c->bos);
  if (!bad)
    bad = read_token(f, "eos_token_id", &c->eos);
  if (!bad)
    bad = model_config_check(f->path, c, f->err);
  return bad ? bad : read_rope(f, m);
}

int huggingface_config(const char *path, struct model *model, struct vtpu_error *err)
{
  struct mapping text;
  int bad = mapping_open(path, &text, err);
  if (bad)
    return bad;
  json_error_t why;
  struct config_file f = {path, NULL, err};
  f.root = json_loadb((const char *)text.data, (size_t)text.bytes, JSON_REJECT_DUPLICATES, &why);
  if (!f.root)
    bad =
        vtpu_fail(err, VTPU_INPUT, "%s:%d:%d: not JSON: %s", path, why.line, why.column, why.text);
  else if (!json_is_object(f.root))
    bad = vtpu_fail(err, VTPU_INPUT, "%s: not a JSON object", path);
  else
    bad = read_root(&f, model);
  json_decref(f.root);
  mapping_close(&text);
  return bad;
}
