/* Decoding on the simulated machine. The program that the lowering makes runs by itself and takes
 * the token with the largest logit of each sequence; the host looks at its token tables between two
 * slices of the run to print what is there. Above temperature 0 the host draws each token from the
 * logits and starts the program again for one more position (asm/lower/lower.h).
 *
 * Where a run of several sequences stands is told by a position of the longest prompt's sequence:
 * at its prompt's end all prompts have been processed, and every position after it is one of each
 * sequence that has not ended. */
#ifndef VTPU_SIM_CLI_GENERATE_H
#define VTPU_SIM_CLI_GENERATE_H

#include "sim/cli/drive.h"
#include "sim/cli/lowering.h"
#include "sim/cli/sampler.h"

struct sequence {
  int number;
  struct sampler sampler;
  int *tokens; /* prompt and continuation: [token_count], room for lowering.program.token_count */
  int token_count, prompt_count;
  int positions; /* that went through the model */
  bool stopped;  /* it has generated its end token */

  char *text; /* of all tokens so far, as bytes: [text_bytes]; ids without a tokenizer */
  size_t text_bytes, text_room;
  int decoded;     /* tokens that are in `text` */
  size_t streamed; /* bytes of `text` that are on the stream */
};

struct generation {
  const struct lowering *lowering;
  struct vtpu *vtpu;
  struct drive drive;
  double temperature;
  bool ignore_end;
  FILE *stream; /* the texts as they come, in the order of their numbers; NULL: nowhere */

  struct sequence *sequences; /* [count] */
  int count;
  int shown;     /* the sequence whose text is on the stream at present */
  int at;        /* where the program was last asked to stop */
  int positions; /* that went through the model, of all sequences */

  /* Called between two positions, when all before cut[i] have been run and every sentron has
   * retired; then the program is started again. cut[i] ascend and are above 0. */
  int cut[2], cuts;
  int (*at_cut)(void *user, int position, struct vtpu_error *err);
  void *cut_user;
};

/* temperature 0 takes the largest logit. Sequence i draws with seed + i. */
int generation_open(struct generation *g, const struct lowering *l, struct vtpu *v,
                    double temperature, uint64_t seed, struct vtpu_error *err);

/* Runs to the end of the texts, or until drive.end says why not. */
int generation_run(struct generation *g, struct vtpu_error *err);

/* Writes the logits of every position of prompt and continuation, f32 little-endian,
 * [positions, vocabulary], of one sequence after the other. Runs the position of the last tokens
 * too, so call it after the statistics have been taken. Needs a program that keeps its logits. */
int generation_write_logits(struct generation *g, FILE *out, struct vtpu_error *err);

/* Is this sequence as long as was asked for, or at its end? */
bool generation_finished(const struct generation *g, const struct sequence *s);

/* Where the run stands, as a position of the longest prompt's sequence. */
int generation_reached(const struct generation *g);

void generation_close(struct generation *g);

#endif
