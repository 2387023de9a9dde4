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

static int peek_state(const struct generation *g, int offset, int *value, struct vtpu_error *err)
{
  uint8_t bytes[4];
  struct coord c = coord_with_flags(g->lowering->program.state, (unsigned)offset);
  int status = vtpu_peek(g->vtpu, 0, c, bytes, sizeof bytes, err);
  *value = status ? 0 : load_i32(bytes);
  return status;
}

static int poke_state(struct generation *g, int offset, int value, struct vtpu_error *err)
{
  uint8_t bytes[4];
  store_i32(bytes, value);
  struct coord c = coord_with_flags(g->lowering->program.state, (unsigned)offset);
  return vtpu_poke(g->vtpu, 0, c, bytes, sizeof bytes, err);
}

/* Where element `index` of a table lies whose elements have `bytes` bytes. */
static struct coord element(const struct generation *g, struct coord table, int64_t index,
                            int64_t bytes)
{
  coord_step(&table, AXIS_BYTE, index * bytes, false, (enum curve)g->lowering->machine.curve);
  return table;
}

static int read_tokens(struct generation *g, int from, int to, struct vtpu_error *err)
{
  uint8_t bytes[4];
  int status = 0;
  for (int i = from; !status && i < to; i++) {
    struct coord c = element(g, g->lowering->program.tokens, i, sizeof bytes);
    status = vtpu_peek(g->vtpu, 0, c, bytes, sizeof bytes, err);
    if (!status)
      g->tokens[i] = load_i32(bytes);
  }
  return status;
}

static int read_logits(const struct generation *g, int row, float *out, uint8_t *bytes,
                       struct vtpu_error *err)
{
  const struct lower_result *p = &g->lowering->program;
  int vocab = g->lowering->model.config.vocab;
  struct coord c = element(g, p->logits, row, (int64_t)p->logits_row_bytes);
  int status = vtpu_peek_run(g->vtpu, 0, c, bytes, (size_t)vocab * 4, err);
  for (int i = 0; !status && i < vocab; i++) {
    int32_t bits = load_i32(bytes + 4 * i);
    memcpy(&out[i], &bits, sizeof bits);
  }
  return status;
}

/* --- text ---------------------------------------------------------------------------------- */

static bool is_unspoken(const struct generation *g, int index)
{
  const struct model_config *c = &g->lowering->model.config;
  int id = g->tokens[index];
  return (index == 0 && (id == c->bos || id == c->eos)) ||
         (index >= g->lowering->prompt_count && id == c->eos);
}

/* Appends the text of the tokens that are known but not decoded yet; without a tokenizer, their
 * ids. */
static int decode(struct generation *g, struct vtpu_error *err)
{
  const struct tokenizer *tokenizer = g->lowering->tokenizer;
  for (; g->decoded < g->token_count; g->decoded++) {
    int bytes, previous = g->decoded ? g->tokens[g->decoded - 1] : -1;
    char id[16];
    const char *piece = id;
    if (tokenizer)
      piece = tokenizer_piece(tokenizer, previous, g->tokens[g->decoded], &bytes);
    else
      bytes = snprintf(id, sizeof id, "%s%d", g->decoded ? " " : "", g->tokens[g->decoded]);
    if (!piece)
      return vtpu_fail(err, VTPU_BUG, "the program generated token %d, outside the vocabulary",
                       g->tokens[g->decoded]);
    if (tokenizer && is_unspoken(g, g->decoded))
      continue;
    if (g->text_bytes + (size_t)bytes + 1 > g->text_room) {
      size_t room = 2 * (g->text_bytes + (size_t)bytes + 1);
      char *more = realloc(g->text, room);
      if (!more)
        return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
      g->text = more;
      g->text_room = room;
    }
    memcpy(g->text + g->text_bytes, piece, (size_t)bytes);
    g->text_bytes += (size_t)bytes;
    g->text[g->text_bytes] = '\0';
  }
  return 0;
}

/* Shows the text as far as it ends in a whole character; at the very end, all of it. */
static int stream_text(struct generation *g, bool end, struct vtpu_error *err)
{
  size_t ready = end ? g->text_bytes : utf8_whole(g->text, g->text_bytes);
  if (!g->stream || ready <= g->streamed)
    return 0;
  size_t bytes = ready - g->streamed;
  char *shown = malloc(UTF8_REPAIRED_BYTES(bytes));
  if (!shown)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  size_t shown_bytes = utf8_repair(g->text + g->streamed, bytes, shown);
  drive_clear_progress(&g->drive);
  errno = 0;
  fwrite(shown, 1, shown_bytes, g->stream);
  free(shown);
  if (fflush(g->stream) != 0 || ferror(g->stream))
    return vtpu_fail(err, VTPU_SYSTEM, "standard output: cannot write: %s", strerror(errno));
  g->streamed = ready;
  return 0;
}

/* After a slice: which tokens are there that were not before? tokens[0..position] are known. */
static int collect(void *user, struct vtpu_error *err)
{
  struct generation *g = user;
  int last = g->lowering->prompt_count + g->lowering->tokens;
  int status = peek_state(g, STATE_POSITION, &g->positions, err);
  int known = g->positions + 1 < last ? g->positions + 1 : last;
  if (!status && known > g->token_count) {
    status = read_tokens(g, g->token_count, known, err);
    if (!status)
      g->token_count = known;
  }
  if (!status)
    status = decode(g, err);
  return status ? status : stream_text(g, false, err);
}

/* --- running ------------------------------------------------------------------------------- */

int generation_open(struct generation *g, const struct lowering *l, struct vtpu *v,
                    double temperature, uint64_t seed, struct vtpu_error *err)
{
  int room = l->prompt_count + l->tokens;
  g->lowering = l;
  g->vtpu = v;
  g->sampler = (struct sampler){.state = seed, .temperature = temperature};
  g->tokens = calloc((size_t)room, sizeof *g->tokens);
  g->text = calloc(1, 1);
  g->text_room = 1;
  if (!g->tokens || !g->text)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  memcpy(g->tokens, l->prompt, (size_t)l->prompt_count * sizeof *g->tokens);
  g->token_count = l->prompt_count;
  g->drive.vtpu = v;
  g->drive.machine = &l->machine;
  g->drive.between = collect;
  g->drive.user = g;
  return decode(g, err);
}

static int restart(struct generation *g, int steps, struct vtpu_error *err)
{
  uint32_t sentrons = g->lowering->program.object.sentron_count;
  int status = poke_state(g, STATE_STEPS, steps, err);
  if (!status)
    status = poke_state(g, STATE_STOPPED, 0, err);
  return status ? status : vtpu_restart(g->vtpu, (UINT64_C(1) << sentrons) - 1, err);
}

/* Draws the next token from the logits of the last position that was run. */
static int draw(struct generation *g, float *logits, uint8_t *bytes, struct vtpu_error *err)
{
  const struct lower_result *p = &g->lowering->program;
  int row = p->logits_rows > 1 ? g->positions - 1 : 0;
  int status = read_logits(g, row, logits, bytes, err);
  if (status)
    return status;
  int id = sampler_draw(&g->sampler, logits, g->lowering->model.config.vocab);
  store_i32(bytes, id);
  status = vtpu_poke(g->vtpu, 0, element(g, p->tokens, g->token_count, 4), bytes, 4, err);
  g->tokens[g->token_count++] = id;
  return status;
}

/* Positions have been run and every sentron has retired: is this where somebody wants to look? */
static int report_cut(struct generation *g, struct vtpu_error *err)
{
  for (int i = 0; i < g->cuts; i++)
    if (g->cut[i] == g->positions)
      return g->at_cut(g->cut_user, g->positions, err);
  return 0;
}

static bool is_finished(const struct generation *g)
{
  const struct lowering *l = g->lowering;
  return g->token_count == l->prompt_count + l->tokens ||
         (!g->ignore_end && g->tokens[g->token_count - 1] == l->model.config.eos);
}

/* Runs the positions below `to`, with a stop at every cut on the way; less when the program has
 * generated its end token. */
static int run_until(struct generation *g, int to, struct vtpu_error *err)
{
  int status, stopped = 0, next;
  do {
    next = to;
    for (int i = g->cuts; i-- > 0;)
      if (g->cut[i] > g->positions && g->cut[i] < next)
        next = g->cut[i];
    status =
        g->positions ? restart(g, next - g->positions, err) : poke_state(g, STATE_STEPS, next, err);
    if (!status)
      status = drive_run(&g->drive, err);
    if (status || g->drive.end != REPORT_DONE)
      return status;
    status = peek_state(g, STATE_POSITION, &g->positions, err);
    if (!status)
      status = report_cut(g, err);
    if (!status)
      status = peek_state(g, STATE_STOPPED, &stopped, err);
  } while (!status && !stopped && g->positions == next && next < to);
  return status;
}

/* One run for the prompt, then one for each position. The token that the program itself picks for
 * the next position is overwritten by the one drawn. */
static int run_sampled(struct generation *g, struct vtpu_error *err)
{
  size_t vocab = (size_t)g->lowering->model.config.vocab;
  float *logits = calloc(vocab, sizeof *logits);
  uint8_t *bytes = calloc(vocab, 4);
  int status = logits && bytes ? 0 : vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  g->drive.between = NULL;
  while (!status) {
    status = run_until(g, g->positions ? g->positions + 1 : g->lowering->prompt_count, err);
    if (status || g->drive.end != REPORT_DONE)
      break;
    status = draw(g, logits, bytes, err);
    if (!status)
      status = decode(g, err);
    if (!status)
      status = stream_text(g, false, err);
    if (status || is_finished(g))
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
  int status = stream_text(g, false, err);
  if (!status && g->sampler.temperature > 0 && l->tokens > 0) {
    status = run_sampled(g, err);
  } else if (!status) {
    /* A program that keeps its logits has room for one position more than we want now. */
    status = run_until(g, l->prompt_count + (l->tokens > 0 ? l->tokens - 1 : 0), err);
  }
  struct vtpu_error ignored;
  int shown = stream_text(g, true, status ? &ignored : err);
  return status ? status : shown;
}

/* --- logits -------------------------------------------------------------------------------- */

/* Runs the position of the last token, for its logits only. */
static int run_last_position(struct generation *g, struct vtpu_error *err)
{
  enum vtpu_status done;
  /* What is still prompt is not overwritten: this keeps the program from writing a token more. */
  int status = poke_state(g, STATE_PROMPT, INT32_MAX, err);
  if (!status)
    status = restart(g, 1, err);
  if (!status)
    status = vtpu_run(g->vtpu, UINT64_MAX, &done, err);
  if (!status)
    g->positions++;
  return status;
}

int generation_write_logits(struct generation *g, FILE *out, struct vtpu_error *err)
{
  int vocab = g->lowering->model.config.vocab, status = 0;
  float *logits = calloc((size_t)vocab, sizeof *logits);
  uint8_t *bytes = calloc((size_t)vocab, 4);
  if (!logits || !bytes)
    status = vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  if (!status && g->drive.end == REPORT_DONE && g->positions < g->token_count &&
      g->positions < g->lowering->program.logits_rows)
    status = run_last_position(g, err);
  for (int row = 0; !status && row < g->positions; row++) {
    status = read_logits(g, row, logits, bytes, err);
    if (!status)
      fwrite(bytes, 4, (size_t)vocab, out);
  }
  free(logits);
  free(bytes);
  return status;
}

void generation_close(struct generation *g)
{
  free(g->tokens);
  free(g->text);
}
