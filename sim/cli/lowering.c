/* From a checkpoint and a prompt to a program: see lowering.h. */
#include "sim/cli/lowering.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* --- options ------------------------------------------------------------------------------- */

enum {
  KEY_DLEN = 512,
  KEY_IGNORE_END,
  KEY_TOKEN_IDS,
  KEY_WEIGHTS,
  KEY_HEAD,
  KEY_KV,
  KEY_RANDOM,
  KEY_PROMPT_LENGTH,
  KEY_PROMPTS
};

static const struct argp_option option_list[] = {
    {"model", 'M', "PATH", 0,
     "a Hugging Face folder, a GGUF file, or a .bin file of llama2.c or bitllama2.c", 1},
    {"random-weights", KEY_RANDOM, "SHAPE", 0,
     "instead of a checkpoint, made-up weights: qwen3-0.6b, qwen3-1.7b, qwen3-4b, llama-3.2-1b, "
     "tinyllama-1.1b, smollm2-135m, layer-256, and changes to them as ,layers=2,vocab=1000",
     1},
    {"seed", 'x', "N", 0,
     "of random numbers: above temperature 0, and of made-up weights and prompts (default 1)", 1},
    {"prompt", 'p', "TEXT", 0,
     "the text to go on from; given several times, the texts are decoded together", 1},
    {"prompts", KEY_PROMPTS, "FILE", 0, "several texts, one a line (- is standard input)", 1},
    {"token-ids", KEY_TOKEN_IDS, "FILE", 0,
     "the prompt as token ids, one a line (- is standard input); needs no tokenizer. Several files "
     "are several prompts",
     1},
    {"prompt-length", KEY_PROMPT_LENGTH, "N", 0,
     "a prompt of N made-up tokens (8 with --random-weights if no prompt is given)", 1},
    {"batch", 'b', "N", 0,
     "decode N sequences together, each with its own KV cache, 1 to 64 (default: one for each "
     "prompt). One prompt is taken N times; made-up ones differ",
     1},
    {"tokens", 'n', "N", 0,
     "generate at most N tokens, of each sequence (default 64, or what the context holds)", 1},
    {"ignore-end", KEY_IGNORE_END, NULL, 0, "go on after the model's end token", 1},
    {"sentrons", 'S', "N", 0,
     "spread the work over N sentrons, 1 to 16 (default: all contexts of a node)", 1},
    {"dlen", KEY_DLEN, "BITS", 0, "width of a register: 64, 128, 256 or 512; as --set dlen=BITS",
     1},
    {"weights", KEY_WEIGHTS, "TYPE", 0,
     "the layers' matrices as f32 (default), bf16, i8 or t2; i8 and t2 quantise activations too",
     1},
    {"head", KEY_HEAD, "TYPE", 0,
     "the output matrix as f32, bf16, i8 or t2 (default: as the weights; i8 with t2)", 1},
    {"kv", KEY_KV, "TYPE", 0,
     "the KV cache as f32, bf16 or i8 (default: f32 with f32 weights, else bf16)", 1},
    {0},
};

static enum number_type number_argument(struct argp_state *state, const char *option,
                                        const char *arg)
{
  enum number_type type = number_from_name(arg);
  if (type == NUMBER_DEFAULT)
    argp_error(state, "%s %s: there is no such type; choose f32, bf16, i8%s", option, arg,
               strcmp(option, "--kv") == 0 ? "" : " or t2");
  return type;
}

static void choose_prompts(struct lowering_options *o, int kind, struct argp_state *state)
{
  if (o->prompt_kind != PROMPT_NONE && (int)o->prompt_kind != kind)
    argp_error(state, "--prompt, --prompts, --token-ids and --prompt-length exclude each other");
  o->prompt_kind = kind;
}

static void add_prompt(struct lowering_options *o, int kind, const char *arg,
                       struct argp_state *state)
{
  choose_prompts(o, kind, state);
  if (o->prompt_count == LOWER_BATCH_MOST)
    argp_error(state, "at most %d prompts are decoded together", LOWER_BATCH_MOST);
  o->prompts[o->prompt_count++] = arg;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
  struct lowering_options *o = state->input;
  switch (key) {
  case 'M': o->model = arg; return 0;
  case 'p': add_prompt(o, PROMPT_TEXT, arg, state); return 0;
  case 'b': o->batch = (int)cli_number(state, "--batch", arg, 1, LOWER_BATCH_MOST); return 0;
  case 'n':
    o->tokens_given = true;
    o->tokens = (int)cli_number(state, "--tokens", arg, 0, INT_MAX / 2);
    return 0;
  case 'S': o->sentrons = (int)cli_number(state, "--sentrons", arg, 1, 16); return 0;
  case KEY_WEIGHTS: o->types.weights = number_argument(state, "--weights", arg); return 0;
  case KEY_HEAD: o->types.head = number_argument(state, "--head", arg); return 0;
  case KEY_KV: o->types.kv = number_argument(state, "--kv", arg); return 0;
  case 'x': o->seed = cli_number(state, "--seed", arg, 0, UINT64_MAX); return 0;
  case KEY_RANDOM: o->random = arg; return 0;
  case KEY_PROMPT_LENGTH:
    o->prompt_length = (int)cli_number(state, "--prompt-length", arg, 1, INT_MAX / 2);
    choose_prompts(o, PROMPT_LENGTH, state);
    return 0;
  case KEY_TOKEN_IDS: add_prompt(o, PROMPT_IDS, arg, state); return 0;
  case KEY_PROMPTS:
    if (o->prompt_kind == PROMPT_FILE)
      argp_error(state, "--prompts is given twice: one file holds all prompts");
    add_prompt(o, PROMPT_FILE, arg, state);
    return 0;
  case KEY_IGNORE_END: o->ignore_end = true; return 0;
  case KEY_DLEN: o->dlen = (int)cli_number(state, "--dlen", arg, 64, 512); return 0;
  case ARGP_KEY_INIT:
    o->seed = 1;
    state->child_inputs[0] = &o->machine;
    return 0;
  case ARGP_KEY_ARG: argp_error(state, "'%s': a checkpoint is given with --model", arg); return 0;
  case ARGP_KEY_END:
    if (!o->model == !o->random)
      argp_error(state, o->model ? "--model and --random-weights exclude each other"
                                 : "which model? --model PATH or --random-weights SHAPE");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_child children[] = {{&machine_argp, 0, NULL, 0}, {0}};

const char *lowering_name(const struct lowering_options *o)
{
  return o->random ? o->random : o->model;
}

const struct argp lowering_argp = {
    .options = option_list,
    .parser = parse_option,
    .children = children,
};

/* --- prompt -------------------------------------------------------------------------------- */

static int read_id(const char *path, int line, char *text, int vocab, int *id,
                   struct vtpu_error *err)
{
  char *end;
  text[strcspn(text, "\r\n")] = '\0';
  errno = 0;
  long value = strtol(text, &end, 10);
  while (*end == ' ' || *end == '\t')
    end++;
  if (end == text || *end || errno)
    return vtpu_fail(err, VTPU_INPUT, "%s:%d: '%.40s' is not a token id\n  one number a line", path,
                     line, text);
  if (value < 0 || value >= vocab)
    return vtpu_fail(err, VTPU_INPUT, "%s:%d: token %ld is outside the model's vocabulary of %d",
                     path, line, value, vocab);
  *id = (int)value;
  return 0;
}

static int read_ids(FILE *in, const char *path, int vocab, struct lowering_prompt *p,
                    struct vtpu_error *err)
{
  char *text = NULL;
  size_t text_room = 0;
  int room = 0, status = 0;
  for (int line = 1; !status && getline(&text, &text_room, in) >= 0; line++) {
    if (text[strspn(text, " \t\r\n")] == '\0')
      continue;
    if (p->count == room) {
      room = room ? 2 * room : 256;
      int *more = realloc(p->tokens, (size_t)room * sizeof *more);
      if (!more) {
        status = vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
        break;
      }
      p->tokens = more;
    }
    status = read_id(path, line, text, vocab, &p->tokens[p->count], err);
    p->count += !status;
  }
  if (!status && ferror(in))
    status = vtpu_fail(err, VTPU_SYSTEM, "%s: %s", path, strerror(errno));
  if (!status && p->count == 0)
    status = vtpu_fail(err, VTPU_INPUT, "%s: holds no token id\n  one number a line, at least one",
                       path);
  free(text);
  return status;
}

static int prompt_from_ids(struct lowering *l, const char *path, struct vtpu_error *err)
{
  struct lowering_prompt *p = &l->prompts[l->batch++];
  int vocab = l->model.config.vocab;
  if (cli_is_standard(path))
    return read_ids(stdin, "standard input", vocab, p, err);
  FILE *in = fopen(path, "r");
  if (!in)
    return vtpu_fail(err, VTPU_INPUT, "%s: %s", path, strerror(errno));
  int status = read_ids(in, path, vocab, p, err);
  fclose(in);
  return status;
}

/* where: for messages, "--prompt" or a file and line. */
static int prompt_from_text(struct lowering *l, const char *where, const char *text,
                            struct vtpu_error *err)
{
  struct lowering_prompt *p = &l->prompts[l->batch++];
  /* A token is at least a byte of text, normalisation makes at most 3 of one, and a few tokens
   * stand around the whole. */
  size_t room = 3 * strlen(text) + 64;
  if (room > INT_MAX / 2)
    return vtpu_fail(err, VTPU_LIMIT, "%s: %zu bytes of text are too many", where, strlen(text));
  p->tokens = calloc(room, sizeof *p->tokens);
  if (!p->tokens)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", where);
  int status = tokenizer_encode(l->tokenizer, text, p->tokens, (int)room, &p->count, err);
  if (!status && p->count == 0)
    status = vtpu_fail(err, VTPU_USAGE,
                       "%s: the text is empty, and this model has no begin token\n"
                       "  give at least one character",
                       where);
  return status;
}

static int read_prompts(struct lowering *l, FILE *in, const char *path, struct vtpu_error *err)
{
  char *text = NULL, where[300];
  size_t text_room = 0;
  int status = 0;
  for (int line = 1; !status && getline(&text, &text_room, in) >= 0; line++) {
    text[strcspn(text, "\r\n")] = '\0';
    if (*text == '\0')
      continue;
    snprintf(where, sizeof where, "%.250s:%d", path, line);
    if (l->batch == LOWER_BATCH_MOST)
      status = vtpu_fail(err, VTPU_LIMIT,
                         "%s: at most %d prompts are decoded together\n  split the file", where,
                         LOWER_BATCH_MOST);
    else
      status = prompt_from_text(l, where, text, err);
  }
  if (!status && ferror(in))
    status = vtpu_fail(err, VTPU_SYSTEM, "%s: %s", path, strerror(errno));
  if (!status && l->batch == 0)
    status =
        vtpu_fail(err, VTPU_INPUT, "%s: holds no prompt\n  one text a line, at least one", path);
  free(text);
  return status;
}

static int prompts_from_file(struct lowering *l, const char *path, struct vtpu_error *err)
{
  if (cli_is_standard(path))
    return read_prompts(l, stdin, "standard input", err);
  FILE *in = fopen(path, "r");
  if (!in)
    return vtpu_fail(err, VTPU_INPUT, "%s: %s", path, strerror(errno));
  int status = read_prompts(l, in, path, err);
  fclose(in);
  return status;
}

static int make_room(struct lowering *l, int tokens, struct vtpu_error *err)
{
  struct lowering_prompt *p = &l->prompts[l->batch++];
  p->tokens = calloc((size_t)tokens, sizeof *p->tokens);
  p->count = p->tokens ? tokens : 0;
  return p->tokens ? 0 : vtpu_fail(err, VTPU_SYSTEM, "out of memory for %d tokens", tokens);
}

/* What a model starts from when nothing is given: its begin token, else its end token (models that
 * separate texts by it), else token 0. */
static int prompt_default(struct lowering *l, struct vtpu_error *err)
{
  const struct model_config *c = &l->model.config;
  int status = make_room(l, 1, err);
  if (!status)
    l->prompts[0].tokens[0] = c->bos >= 0 ? c->bos : c->eos >= 0 ? c->eos : 0;
  return status;
}

/* A prompt of made-up tokens, the same for the same seed. */
static int prompt_made_up(struct lowering *l, int length, uint64_t seed, struct vtpu_error *err)
{
  int status = make_room(l, length, err);
  for (int i = 0; !status && i < length; i++) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    l->prompts[l->batch - 1].tokens[i] = (int)((seed >> 33) % (uint64_t)l->model.config.vocab);
  }
  return status;
}

/* --- all together -------------------------------------------------------------------------- */

static int check_context(struct lowering *l, const struct lowering_options *o,
                         struct vtpu_error *err)
{
  int longest = 0, context = l->model.config.context;
  char which[32] = "";
  for (int i = 1; i < l->batch; i++)
    longest = l->prompts[i].count > l->prompts[longest].count ? i : longest;
  if (l->batch > 1)
    snprintf(which, sizeof which, " %d", longest + 1);
  l->longest_prompt = l->prompts[longest].count;
  int room = context - l->longest_prompt;
  if (room < 0)
    return vtpu_fail(err, VTPU_LIMIT,
                     "the prompt%s has %d tokens, but the model's context holds %d\n"
                     "  shorten the prompt",
                     which, l->longest_prompt, context);
  if (o->tokens_given && o->tokens > room)
    return vtpu_fail(
        err, VTPU_LIMIT,
        "--tokens %d: with %d tokens of prompt%s that is beyond the model's context of "
        "%d\n  at most --tokens %d",
        o->tokens, l->longest_prompt, which, context, room);
  l->tokens = o->tokens_given                  ? o->tokens
              : room < LOWERING_DEFAULT_TOKENS ? room
                                               : LOWERING_DEFAULT_TOKENS;
  return 0;
}

/* The model, and its tokenizer if it has one or if the prompt is text. */
static int open_model(struct lowering *l, const struct lowering_options *o, struct vtpu_error *err)
{
  bool text = o->prompt_kind == PROMPT_TEXT || o->prompt_kind == PROMPT_FILE;
  if (o->random && text)
    return vtpu_fail(err, VTPU_USAGE,
                     "%s: a model of random weights has no tokenizer\n"
                     "  --token-ids FILE or --prompt-length N",
                     o->prompt_kind == PROMPT_TEXT ? "--prompt" : "--prompts");
  if (o->random)
    return model_random(o->random, o->seed, &l->model, err);
  int status = model_open(o->model, &l->model, err);
  if (status)
    return status;
  status = tokenizer_open(o->model, l->model.config.vocab, &l->tokenizer, err);
  if (status)
    l->tokenizer = NULL;
  return text ? status : 0;
}

/* One prompt becomes `batch` of the same. */
static int copy_prompt(struct lowering *l, int batch, struct vtpu_error *err)
{
  int status = 0;
  while (!status && l->batch < batch) {
    const struct lowering_prompt *first = &l->prompts[0];
    struct lowering_prompt *p = &l->prompts[l->batch];
    status = make_room(l, first->count, err);
    if (!status)
      memcpy(p->tokens, first->tokens, (size_t)first->count * sizeof *p->tokens);
  }
  return status;
}

static int make_prompts(struct lowering *l, const struct lowering_options *o,
                        struct vtpu_error *err)
{
  int length = o->prompt_length ? o->prompt_length : LOWERING_DEFAULT_PROMPT, status = 0;
  int batch = o->batch ? o->batch : 1;
  if (o->prompt_kind == PROMPT_LENGTH || (o->prompt_kind == PROMPT_NONE && o->random))
    for (int i = 0; !status && i < batch; i++)
      status = prompt_made_up(l, length, o->seed + (uint64_t)i, err);
  else if (o->prompt_kind == PROMPT_NONE)
    status = prompt_default(l, err);
  else if (o->prompt_kind == PROMPT_FILE)
    status = prompts_from_file(l, o->prompts[0], err);
  for (int i = 0; !status && i < o->prompt_count && o->prompt_kind == PROMPT_TEXT; i++)
    status = prompt_from_text(l, "--prompt", o->prompts[i], err);
  for (int i = 0; !status && i < o->prompt_count && o->prompt_kind == PROMPT_IDS; i++)
    status = prompt_from_ids(l, o->prompts[i], err);
  if (!status && o->batch && l->batch > 1 && l->batch != o->batch)
    return vtpu_fail(err, VTPU_USAGE,
                     "--batch %d, but there are %d prompts\n"
                     "  leave out --batch, or give one prompt or %d",
                     o->batch, l->batch, o->batch);
  return status ? status : copy_prompt(l, batch, err);
}

int lowering_open(struct lowering *l, const struct lowering_options *o, bool prompt_needed,
                  struct vtpu_error *err)
{
  *l = (struct lowering){.batch = 0};
  int status = machine_from_options(&o->machine, &l->machine, err);
  if (!status && o->dlen) {
    char set[32];
    snprintf(set, sizeof set, "dlen=%d", o->dlen);
    status = machine_set(&l->machine, "--dlen", set, err);
    if (!status)
      status = machine_check(&l->machine, "--dlen", err);
  }
  if (!status && prompt_needed && !o->random && o->prompt_kind == PROMPT_NONE)
    status = vtpu_fail(
        err, VTPU_USAGE,
        "no prompt\n  --prompt TEXT, --prompts FILE, --token-ids FILE or --prompt-length N");
  if (!status)
    status = open_model(l, o, err);
  if (!status)
    status = make_prompts(l, o, err);
  return status ? status : check_context(l, o, err);
}

int lowering_make(struct lowering *l, const struct lowering_options *o, bool keep_logits,
                  struct vtpu_error *err)
{
  int all = (int)(l->machine.cores * l->machine.contexts);
  uint64_t halves = (uint64_t)((l->machine.cores + l->machine.l3_cores - 1) / l->machine.l3_cores);
  /* The token generated last does not go through the model, unless somebody wants to see its
   * logits: then there must be room for one token more. */
  bool one_more = keep_logits && l->longest_prompt + l->tokens < l->model.config.context;
  bool prefetch = l->machine.prefetch && l->machine.ptc_granularity == PTC_PAGE;
  struct lower_options options = {
      .dlen = (unsigned)l->machine.dlen,
      .sentrons = o->sentrons ? o->sentrons : all,
      .cores = (int)l->machine.cores,
      .queue = (int)l->machine.queue_depth,
      .contexts = (int)l->machine.contexts,
      .l2_bytes = (uint64_t)l->machine.l2_bytes,
      .l2_ways = (int)l->machine.l2_ways,
      .l3_bytes = (uint64_t)l->machine.l3_bytes * halves,
      .ptc_bytes = prefetch ? (uint64_t)l->machine.ptc_entries * PAGE_BYTES : 0,
      .ddr_bytes = (uint64_t)l->machine.ddr_bytes,
      .batch = l->batch,
      .max_tokens = l->tokens + one_more,
      .keep_logits = keep_logits,
      .ignore_end = o->ignore_end,
      .types = o->types,
      .weights_later = l->weights_later,
  };
  for (int i = 0; i < l->batch; i++)
    options.prompts[i] = (struct lower_prompt){l->prompts[i].tokens, l->prompts[i].count};
  if (o->sentrons > all)
    return vtpu_fail(err, VTPU_USAGE,
                     "--sentrons %d: machine %s has %d cores of %d contexts each\n"
                     "  at most --sentrons %d",
                     o->sentrons, l->machine.name, options.cores, options.contexts, all);
  return lower_model(&l->model, &options, &l->program, err);
}

void lowering_close(struct lowering *l)
{
  lower_result_free(&l->program);
  for (int i = 0; i < l->batch; i++)
    free(l->prompts[i].tokens);
  tokenizer_close(l->tokenizer);
  model_close(&l->model);
}
