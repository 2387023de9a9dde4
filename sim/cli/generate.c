/* Decoding on the simulated machine: see generate.h. */
#include "sim/cli/generate.h"

#include "sim/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- the program's state ------------------------------------------------------------------- */

static int32_t load_i32(const uint8_t *b)
{
  return (int32_t)((uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
                   (uint32_t)b[3] << 24);
}

static void store_i32(uint8_t *b, int32_t value)
{
  for (int i = 0; i < 4; i++)
    b[i] = (uint8_t)((uint32_t)value >> 8 * i);
}

/* Where `bytes` bytes after the start of a table lie. */
static struct coord at_byte(const struct generation *g, struct coord table, int64_t bytes)
{
  coord_step(&table, AXIS_BYTE, bytes, false, (enum curve)g->lowering->machine.curve);
  return table;
}

static struct coord state_of(const struct generation *g, const struct sequence *s, int offset)
{
  return at_byte(g, g->lowering->program.state, (int64_t)s->number * STATE_BYTES + offset);
}

static struct coord token_of(const struct generation *g, const struct sequence *s, int index)
{
  const struct lower_result *p = &g->lowering->program;
  return at_byte(g, p->tokens, s->number * (int64_t)p->tokens_bytes + 4 * (int64_t)index);
}

static int peek_state(const struct generation *g, const struct sequence *s, int offset, int *value,
                      struct vtpu_error *err)
{
  uint8_t bytes[4];
  int status = vtpu_peek(g->vtpu, 0, state_of(g, s, offset), bytes, sizeof bytes, err);
  *value = status ? 0 : load_i32(bytes);
  return status;
}

static int poke_state(struct generation *g, const struct sequence *s, int offset, int value,
                      struct vtpu_error *err)
{
  uint8_t bytes[4];
  store_i32(bytes, value);
  return vtpu_poke(g->vtpu, 0, state_of(g, s, offset), bytes, sizeof bytes, err);
}

static int read_tokens(struct generation *g, struct sequence *s, int to, struct vtpu_error *err)
{
  uint8_t bytes[4];
  int status = 0;
  for (; !status && s->token_count < to; s->token_count++) {
    status = vtpu_peek(g->vtpu, 0, token_of(g, s, s->token_count), bytes, sizeof bytes, err);
    if (!status)
      s->tokens[s->token_count] = load_i32(bytes);
  }
  return status;
}

static int read_logits(const struct generation *g, const struct sequence *s, int position,
                       float *out, uint8_t *bytes, struct vtpu_error *err)
{
  const struct lower_result *p = &g->lowering->program;
  int vocab = g->lowering->model.config.vocab;
  int64_t row = (int64_t)s->number * p->logits_rows + (p->logits_rows > 1 ? position : 0);
  struct coord c = at_byte(g, p->logits, row * (int64_t)p->logits_row_bytes);
  int status = vtpu_peek_run(g->vtpu, 0, c, bytes, (size_t)vocab * 4, err);
  for (int i = 0; !status && i < vocab; i++) {
    int32_t bits = load_i32(bytes + 4 * i);
    memcpy(&out[i], &bits, sizeof bits);
  }
  return status;
}

/* --- text ---------------------------------------------------------------------------------- */

static bool is_unspoken(const struct generation *g, const struct sequence *s, int index)
{
  const struct model_config *c = &g->lowering->model.config;
  int id = s->tokens[index];
  return (index == 0 && (id == c->bos || id == c->eos)) ||
         (index >= s->prompt_count && id == c->eos);
}

/* Appends the text of the tokens that are known but not decoded yet; without a tokenizer, their
 * ids. */
static int decode(const struct generation *g, struct sequence *s, struct vtpu_error *err)
{
  const struct tokenizer *tokenizer = g->lowering->tokenizer;
  for (; s->decoded < s->token_count; s->decoded++) {
    int bytes, previous = s->decoded ? s->tokens[s->decoded - 1] : -1;
    char id[16];
    const char *piece = id;
    if (tokenizer)
      piece = tokenizer_piece(tokenizer, previous, s->tokens[s->decoded], &bytes);
    else
      bytes = snprintf(id, sizeof id, "%s%d", s->decoded ? " " : "", s->tokens[s->decoded]);
    if (!piece)
      return vtpu_fail(err, VTPU_BUG, "the program generated token %d, outside the vocabulary",
                       s->tokens[s->decoded]);
    if (tokenizer && is_unspoken(g, s, s->decoded))
      continue;
    if (s->text_bytes + (size_t)bytes + 1 > s->text_room) {
      size_t room = 2 * (s->text_bytes + (size_t)bytes + 1);
      char *more = realloc(s->text, room);
      if (!more)
        return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
      s->text = more;
      s->text_room = room;
    }
    memcpy(s->text + s->text_bytes, piece, (size_t)bytes);
    s->text_bytes += (size_t)bytes;
    s->text[s->text_bytes] = '\0';
  }
  return 0;
}

/* Shows a text as far as it ends in a whole character; at its very end, all of it. */
static int stream_text(struct generation *g, struct sequence *s, bool end, struct vtpu_error *err)
{
  size_t ready = end ? s->text_bytes : utf8_whole(s->text, s->text_bytes);
  bool several = g->count > 1;
  if (ready <= s->streamed && !(several && end))
    return 0;
  size_t bytes = ready - s->streamed;
  char *shown = malloc(UTF8_REPAIRED_BYTES(bytes));
  if (!shown)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  size_t shown_bytes = utf8_repair(s->text + s->streamed, bytes, shown);
  drive_clear_progress(&g->drive);
  errno = 0;
  if (several && s->streamed == 0)
    fprintf(g->stream, "[%d] ", s->number + 1);
  fwrite(shown, 1, shown_bytes, g->stream);
  if (end && several)
    fputc('\n', g->stream);
  free(shown);
  if (fflush(g->stream) != 0 || ferror(g->stream))
    return vtpu_fail(err, VTPU_SYSTEM, "standard output: cannot write: %s", strerror(errno));
  s->streamed = ready;
  return 0;
}

/* Shows what there is of the texts, in order: the next one when the one before is at its end.
 * end: of the run. */
static int stream_texts(struct generation *g, bool end, struct vtpu_error *err)
{
  int status = 0;
  while (g->stream && !status && g->shown < g->count) {
    struct sequence *s = &g->sequences[g->shown];
    bool whole = end || (g->count > 1 && generation_finished(g, s));
    status = stream_text(g, s, whole, err);
    if (!whole)
      break;
    g->shown++;
  }
  return status;
}

/* After a slice: which tokens are there that were not before? tokens[0..position] are known. */
static int collect(void *user, struct vtpu_error *err)
{
  struct generation *g = user;
  int status = 0;
  g->positions = 0;
  for (int i = 0; !status && i < g->count; i++) {
    struct sequence *s = &g->sequences[i];
    int last = s->prompt_count + g->lowering->tokens;
    status = peek_state(g, s, STATE_POSITION, &s->positions, err);
    g->positions += s->positions;
    if (!status)
      status = read_tokens(g, s, s->positions + 1 < last ? s->positions + 1 : last, err);
    if (!status)
      status = decode(g, s, err);
  }
  return status ? status : stream_texts(g, false, err);
}

/* --- running ------------------------------------------------------------------------------- */

int generation_open(struct generation *g, const struct lowering *l, struct vtpu *v,
                    double temperature, uint64_t seed, struct vtpu_error *err)
{
  g->lowering = l;
  g->vtpu = v;
  g->temperature = temperature;
  g->drive.vtpu = v;
  g->drive.machine = &l->machine;
  g->drive.between = collect;
  g->drive.user = g;
  g->sequences = calloc((size_t)l->batch, sizeof *g->sequences);
  if (!g->sequences)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  for (g->count = 0; g->count < l->batch;) {
    struct sequence *s = &g->sequences[g->count];
    s->number = g->count++;
    s->sampler = (struct sampler){.state = seed + (uint64_t)s->number, .temperature = temperature};
    s->prompt_count = s->token_count = l->prompts[s->number].count;
    s->tokens = calloc((size_t)(s->prompt_count + l->tokens), sizeof *s->tokens);
    s->text = calloc(1, 1);
    s->text_room = 1;
    if (!s->tokens || !s->text)
      return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
    memcpy(s->tokens, l->prompts[s->number].tokens, (size_t)s->prompt_count * sizeof *s->tokens);
    int status = decode(g, s, err);
    if (status)
      return status;
  }
  return 0;
}

bool generation_finished(const struct generation *g, const struct sequence *s)
{
  return s->token_count == s->prompt_count + g->lowering->tokens ||
         (s->token_count > s->prompt_count && !g->ignore_end &&
          s->tokens[s->token_count - 1] == g->lowering->model.config.eos);
}

static bool all_finished(const struct generation *g)
{
  for (int i = 0; i < g->count; i++)
    if (!generation_finished(g, &g->sequences[i]))
      return false;
  return true;
}

/* How many positions a sequence has done when the run stands at `at`. */
static int target(const struct generation *g, const struct sequence *s, int at)
{
  int longest = g->lowering->longest_prompt;
  if (at >= longest)
    return s->prompt_count + at - longest;
  return at < s->prompt_count ? at : s->prompt_count;
}

int generation_reached(const struct generation *g)
{
  int in_prompts = -1, after = 0;
  for (int i = 0; i < g->count; i++) {
    const struct sequence *s = &g->sequences[i];
    int more = s->positions - s->prompt_count;
    if (more < 0 && s->positions > in_prompts)
      in_prompts = s->positions;
    after = more > after ? more : after;
  }
  return in_prompts >= 0 ? in_prompts : g->lowering->longest_prompt + after;
}

/* Starts the program, or starts it again, for these positions of each sequence. */
static int start(struct generation *g, const int *steps, bool again, struct vtpu_error *err)
{
  uint32_t sentrons = g->lowering->program.object.sentron_count;
  int status = 0;
  for (int i = 0; !status && i < g->count; i++) {
    status = poke_state(g, &g->sequences[i], STATE_STEPS, steps[i], err);
    if (!status)
      status = poke_state(g, &g->sequences[i], STATE_STOPPED, 0, err);
  }
  return status || !again ? status : vtpu_restart(g->vtpu, (UINT64_C(1) << sentrons) - 1, err);
}

/* Draws the next token of a sequence from the logits of its last position. */
static int draw(struct generation *g, struct sequence *s, float *logits, uint8_t *bytes,
                struct vtpu_error *err)
{
  int status = read_logits(g, s, s->positions - 1, logits, bytes, err);
  if (status)
    return status;
  int id = sampler_draw(&s->sampler, logits, g->lowering->model.config.vocab);
  store_i32(bytes, id);
  status = vtpu_poke(g->vtpu, 0, token_of(g, s, s->token_count), bytes, 4, err);
  s->tokens[s->token_count++] = id;
  return status ? status : decode(g, s, err);
}

/* Positions have been run and every sentron has retired: is this where somebody wants to look? */
static int report_cut(struct generation *g, struct vtpu_error *err)
{
  for (int i = 0; i < g->cuts; i++)
    if (g->cut[i] == generation_reached(g))
      return g->at_cut(g->cut_user, g->cut[i], err);
  return 0;
}

/* After a run to `to`: what has become of the sequences. *alive: some go on. */
static int read_states(struct generation *g, int to, bool *alive, struct vtpu_error *err)
{
  int status = 0, stopped = 0;
  *alive = false;
  g->positions = 0;
  for (int i = 0; !status && i < g->count; i++) {
    struct sequence *s = &g->sequences[i];
    status = peek_state(g, s, STATE_POSITION, &s->positions, err);
    if (!status)
      status = peek_state(g, s, STATE_STOPPED, &stopped, err);
    s->stopped |= stopped != 0;
    *alive |= !s->stopped && s->positions == target(g, s, to);
    g->positions += s->positions;
  }
  return status;
}

/* Runs the positions below `to`, with a stop at every cut on the way; less when the program has
 * generated all end tokens. A sequence that ends is at its end from then on. */
static int run_until(struct generation *g, int to, struct vtpu_error *err)
{
  int status, next;
  bool alive;
  do {
    int steps[LOWER_BATCH_MOST];
    next = to;
    for (int i = g->cuts; i-- > 0;)
      if (g->cut[i] > g->at && g->cut[i] < next)
        next = g->cut[i];
    for (int i = 0; i < g->count; i++) {
      const struct sequence *s = &g->sequences[i];
      bool ended = s->stopped || (g->temperature > 0 && generation_finished(g, s));
      steps[i] = ended ? 0 : target(g, s, next) - s->positions;
    }
    status = start(g, steps, g->at > 0, err);
    if (!status)
      status = drive_run(&g->drive, err);
    if (status || g->drive.end != REPORT_DONE)
      return status;
    status = read_states(g, next, &alive, err);
    g->at = next;
    if (!status)
      status = report_cut(g, err);
  } while (!status && alive && next < to);
  return status;
}

/* One run for the prompts, then one for each position. The token that the program itself picks for
 * the next position is overwritten by the one drawn. */
static int run_sampled(struct generation *g, struct vtpu_error *err)
{
  size_t vocab = (size_t)g->lowering->model.config.vocab;
  float *logits = calloc(vocab, sizeof *logits);
  uint8_t *bytes = calloc(vocab, 4);
  int status = logits && bytes ? 0 : vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  g->drive.between = NULL;
  while (!status) {
    status = run_until(g, g->at ? g->at + 1 : g->lowering->longest_prompt, err);
    if (status || g->drive.end != REPORT_DONE)
      break;
    for (int i = 0; !status && i < g->count; i++) {
      struct sequence *s = &g->sequences[i];
      s->stopped = false; /* that was said of the token overwritten now */
      if (!generation_finished(g, s))
        status = draw(g, s, logits, bytes, err);
    }
    if (!status)
      status = stream_texts(g, false, err);
    if (status || all_finished(g))
      break;
  }
  free(logits);
  free(bytes);
  return status;
}

int generation_run(struct generation *g, struct vtpu_error *err)
{
  const struct lowering *l = g->lowering;
  g->drive.below_text = g->stream && isatty(fileno(g->stream));
  drive_start(&g->drive);
  int status = stream_texts(g, false, err);
  if (!status && g->temperature > 0 && l->tokens > 0) {
    status = run_sampled(g, err);
  } else if (!status) {
    /* A program that keeps its logits has room for one position more than we want now. */
    status = run_until(g, l->longest_prompt + (l->tokens > 0 ? l->tokens - 1 : 0), err);
  }
  struct vtpu_error ignored;
  int shown = stream_texts(g, true, status ? &ignored : err);
  return status ? status : shown;
}

/* --- logits -------------------------------------------------------------------------------- */

/* Runs the positions of the last tokens, for their logits only. */
static int run_last_positions(struct generation *g, struct vtpu_error *err)
{
  enum vtpu_status done;
  int status = 0, steps[LOWER_BATCH_MOST], some = 0;
  for (int i = 0; !status && i < g->count; i++) {
    struct sequence *s = &g->sequences[i];
    steps[i] =
        s->positions < s->token_count && s->positions < g->lowering->program.logits_rows ? 1 : 0;
    some += steps[i];
    /* What is still prompt is not overwritten: this keeps the program from writing a token more. */
    status = poke_state(g, s, STATE_PROMPT, INT32_MAX, err);
  }
  if (!some)
    return status;
  if (!status)
    status = start(g, steps, true, err);
  if (!status)
    status = vtpu_run(g->vtpu, UINT64_MAX, &done, err);
  for (int i = 0; !status && i < g->count; i++)
    g->sequences[i].positions += steps[i];
  return status;
}

int generation_write_logits(struct generation *g, FILE *out, struct vtpu_error *err)
{
  int vocab = g->lowering->model.config.vocab, status = 0;
  float *logits = calloc((size_t)vocab, sizeof *logits);
  uint8_t *bytes = calloc((size_t)vocab, 4);
  if (!logits || !bytes)
    status = vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  if (!status && g->drive.end == REPORT_DONE)
    status = run_last_positions(g, err);
  for (int i = 0; i < g->count; i++)
    for (int p = 0; !status && p < g->sequences[i].positions; p++) {
      status = read_logits(g, &g->sequences[i], p, logits, bytes, err);
      if (!status)
        fwrite(bytes, 4, (size_t)vocab, out);
    }
  free(logits);
  free(bytes);
  return status;
}

void generation_close(struct generation *g)
{
  for (int i = 0; i < g->count; i++) {
    free(g->sequences[i].tokens);
    free(g->sequences[i].text);
  }
  free(g->sequences);
}
