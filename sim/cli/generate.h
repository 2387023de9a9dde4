/* Decoding on the simulated machine. The program that the lowering makes runs by itself and takes
 * the token with the largest logit; the host looks at its token table between two slices of the run
 * to print what is there. Above temperature 0 the host draws each token from the logits and starts
 * the program again for one more position (asm/lower/lower.h). */
#ifndef VTPU_SIM_CLI_GENERATE_H
#define VTPU_SIM_CLI_GENERATE_H

#include "sim/cli/drive.h"
#include "sim/cli/lowering.h"
#include "sim/cli/sampler.h"

struct generation {
  const struct lowering *lowering;
  struct vtpu *vtpu;
  struct drive drive;
  struct sampler sampler;
  bool ignore_end;
  FILE *stream; /* the text as it comes; NULL: nowhere */

  /* Called between two positions, when all before cut[i] have been run and every sentron has
   * retired; then the program is started again. cut[i] ascend and are above 0. */
  int cut[2], cuts;
  int (*at_cut)(void *user, int position, struct vtpu_error *err);
  void *cut_user;

  int *tokens; /* prompt and continuation: [token_count], room for lowering.program.token_count */
  int token_count;
  int positions; /* that went through the model */

  char *text; /* of all tokens so far, as bytes: [text_bytes]; NULL without a tokenizer */
  size_t text_bytes, text_room;
  int decoded;     /* tokens that are in `text` */
  size_t streamed; /* bytes of `text` that are on the stream */
};

/* temperature 0 takes the largest logit. */
int generation_open(struct generation *g, const struct lowering *l, struct vtpu *v,
                    double temperature, uint64_t seed, struct vtpu_error *err);

/* Runs to the end of the text, or until drive.end says why not. */
int generation_run(struct generation *g, struct vtpu_error *err);

/* Writes the logits of every position of prompt and continuation, f32 little-endian,
 * [positions, vocabulary]. Runs the position of the last token too, so call it after the
 * statistics have been taken. Needs a program that keeps its logits. */
int generation_write_logits(struct generation *g, FILE *out, struct vtpu_error *err);

void generation_close(struct generation *g);

#endif
