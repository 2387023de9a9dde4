/* What the lowered program of a model computes when it is interpreted (interp.h), and how far that
 * is from the reference forward pass. */
#ifndef VTPU_TESTS_LOWER_OUTCOME_H
#define VTPU_TESTS_LOWER_OUTCOME_H

#include "asm/lower/lower.h"
#include "tests/lower/interp.h"

enum { OUTCOME_SIWS_MOST = 50000000, OUTCOME_TOKENS_MOST = 64 };

/* What a run leaves: logits [positions][vocab], to be freed, and tokens. */
struct outcome {
  float *logits;
  int positions, vocab;
  int tokens[OUTCOME_TOKENS_MOST];
  struct vtpu_error err;
};

/* Interprets a program, into out[its batch]; on failure reports and returns false. */
bool outcome_of_program(const struct lower_result *r, const struct model *m, int cores,
                        bool backwards, struct outcome *out);
/* Lowers and interprets. */
bool outcome_run(const struct model *m, const struct lower_options *o, bool backwards,
                 struct outcome *out);
/* Of one sequence of the batch; rows of positions that it has not are as they were. */
bool outcome_read(struct interp *in, const struct lower_result *r, int vocab, int sequence,
                  struct outcome *out);
/* Runs a program of one sequence with another prompt, of no more tokens than its own: a program
 * depends on its prompt in nothing but what its memory holds at first. */
bool outcome_of_prompt(const struct lower_result *r, const struct model *m, int cores,
                       struct lower_prompt prompt, int max_tokens, struct outcome *out);
/* Largest |difference| of a position from the reference over the largest |logit|, worst of all
 * positions. types: NULL for the defaults. */
double outcome_difference(const struct model *m, const struct outcome *o,
                          const struct number_types *types);
/* The lowest index of the largest value. */
int outcome_best(const float *v, int n);

#endif
