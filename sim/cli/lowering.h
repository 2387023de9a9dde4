/* From a checkpoint and prompts to a program: what `vtpu infer` and `vtpu lower` have in common. */
#ifndef VTPU_SIM_CLI_LOWERING_H
#define VTPU_SIM_CLI_LOWERING_H

#include "asm/lower/lower.h"
#include "models/model.h"
#include "sim/cli/cli.h"

/* Options as given; zero or NULL where not given. */
struct lowering_options {
  const char *model, *random; /* the path of a checkpoint, or the shape of one that is made up */
  const char *prompts[LOWER_BATCH_MOST]; /* texts, or files of token ids */
  int prompt_count;
  enum { PROMPT_NONE, PROMPT_TEXT, PROMPT_FILE, PROMPT_IDS, PROMPT_LENGTH } prompt_kind;
  bool tokens_given, ignore_end;
  int prompt_length, batch, tokens, sentrons, dlen;
  uint64_t seed; /* of a made-up model and prompt, and of sampling; 1 where not given */
  struct number_types types;
  struct machine_options machine;
};
/* A child parser; its input is a struct lowering_options. */
extern const struct argp lowering_argp;

enum { LOWERING_DEFAULT_TOKENS = 64, LOWERING_DEFAULT_PROMPT = 8 /* ids of a made-up one */ };

/* What the model is called in reports. */
const char *lowering_name(const struct lowering_options *o);

struct lowering {
  struct machine machine;
  struct model model;
  struct tokenizer *tokenizer; /* NULL: none found, and none needed with --token-ids */
  struct lowering_prompt {
    int *tokens; /* ids: [count] */
    int count;
  } prompts[LOWER_BATCH_MOST];
  int batch;          /* sequences */
  int longest_prompt; /* tokens */
  int tokens;         /* to generate at most, of each */
  bool weights_later; /* the program is only written (lower.h) */
  struct lower_result program;
};

/* Opens machine, checkpoint and prompts, and checks them against each other.
 * prompt_needed: a missing prompt is an error; else the model's begin token stands for it. */
int lowering_open(struct lowering *l, const struct lowering_options *o, bool prompt_needed,
                  struct vtpu_error *err);

/* Makes the program. keep_logits: a row of logits for every position. */
int lowering_make(struct lowering *l, const struct lowering_options *o, bool keep_logits,
                  struct vtpu_error *err);

/* Frees what open and make have got so far. */
void lowering_close(struct lowering *l);

#endif
