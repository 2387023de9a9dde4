/* The lowering: a checkpoint (struct model) becomes a program for the machine (struct object).
 *
 * Passes (architecture, section 7), each in a file of its own:
 *
 *   plan.c       shapes: vectors in lines, heads, row blocks; who computes what (partition)
 *   place.c      regions of phext space; weights.c lays the tensors out as kernels walk them;
 *                frames.c puts the regions in an order
 *   kernel_*.c   each tensor operation as ISA operations over virtual registers (ir.h)
 *   share.c      which sentrons tell each other what by messages, and whether that pays
 *   pipeline.c   modulo scheduling of innermost loops (depend, modulo, rotation, expand)
 *   schedule*.c  list scheduling of D | S | C into bundles
 *   regalloc.c   virtual registers to r0..r15, p0..p7
 *   emit.c       bundles to SIWs, marks (layer, kernel) on every SIW
 *   lower.c      the order of all that; lower_block.c for a block of rows
 *
 * The program needs no host. It decodes one sequence or several; of each it reads from the state
 * how many positions to run and from which one. A step takes the next positions of the sequences
 * together, as far as their tokens are known: of a prompt as many as there is room for, else one.
 * Each is a row: embedding of tokens[pos], layers, and for those whose next token is not known
 * logits and arg max; that becomes tokens[pos + 1]. A sequence stops after its positions, or when
 * it generates the model's end token; the others go on. A host that samples sets steps = prompt
 * length, runs, reads the logits, writes tokens[pos], sets steps = 1, and starts the same sentrons
 * again.
 */
#ifndef VTPU_ASM_LOWER_LOWER_H
#define VTPU_ASM_LOWER_LOWER_H

#include "asm/lower/loop_report.h"
#include "isa/object.h"
#include "models/model.h"
#include "models/quantize.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LOWER_BATCH_MOST = 64 }; /* sequences that one program decodes together */

struct lower_prompt {
  const int *tokens; /* ids: [count] */
  int count;         /* >= 1 */
};

struct lower_options {
  unsigned dlen;               /* 64, 128, 256 or 512 */
  int sentrons;                /* 1..16; sentron s runs on core s mod cores */
  int cores;                   /* of the machine: 1..8 */
  int contexts;                /* sentrons a core: 1..2 */
  uint64_t l2_bytes, l3_bytes; /* L2 of a core, L3 of the node; 0: as in the preset spec */
  int l2_ways;                 /* 0: as in the preset spec */
  uint64_t ptc_bytes;          /* what a core's PTC maps; weights beyond it are walked with page
                                  prefetches. 0: no prefetches */
  uint64_t ddr_bytes;          /* of the node; 0: as in the preset spec */
  int queue; /* messages between two sentrons at once; 0: as in the preset spec. The object says
                how many of them it needs (struct object_needs) */
  int batch; /* sequences, each with its own KV cache; 0: 1 */
  struct lower_prompt prompts[LOWER_BATCH_MOST]; /* [batch] */
  int max_tokens; /* generated at most by each; prompt + these must fit the model's context */
  struct number_types types; /* zero: the defaults of models/quantize.h */
  bool keep_logits; /* a row of logits for every position; else one row that is overwritten */
  bool ignore_end;  /* go on after the end token */
  int block; /* positions processed together, at most: 1 to 64; 0: 64. The same bits for all */
  /* The object is only written: contents of weights are NULL until lower_make. */
  bool weights_later;
};

/* The state of a sequence: little-endian i32 at these byte offsets. */
enum {
  STATE_POSITION = 0, /* next position to process; tokens[0..position] are known */
  STATE_STEPS = 4,    /* positions to process when the program starts; counts down to 0 */
  STATE_PROMPT = 8,   /* tokens of the prompt */
  STATE_STOPPED = 12, /* 1: the last token generated was an end token */
  STATE_BYTES = 16,   /* from one sequence to the next */
};

/* Where a tensor lies: for reports and for hosts. */
struct lower_place {
  char name[OBJECT_NAME_BYTES]; /* "layer3.wo" */
  enum region_kind kind;
  struct coord base;
  uint64_t bytes;
};

/* A kernel of the program: what runs between two others. */
struct lower_kernel {
  uint32_t first, end; /* SIWs [first, end) */
  uint64_t cycles;     /* that it takes alone, with all its data in L1 and its rounds as expected */
};

struct lower_result {
  struct object object;
  int batch;                 /* sequences; of each, in their order, walk with axis 12: */
  struct coord state;        /* STATE_BYTES bytes */
  struct coord tokens;       /* i32 token ids, from position 0 */
  int token_count;           /* room: the longest prompt + max_tokens */
  uint64_t tokens_bytes;     /* from one sequence to the next */
  struct coord logits;       /* f32 rows */
  uint64_t logits_row_bytes; /* from one row to the next; vocabulary entries are used */
  int logits_rows;           /* of a sequence: 1, or with keep_logits one for each position */
  struct lower_place *places;
  int place_count;
  const struct lower_kernel *kernels; /* in the order of the code */
  size_t kernel_count;
  uint64_t weight_bytes;           /* of all rom regions */
  struct number_types types;       /* as lowered: no defaults any more */
  int reordered_kernels;           /* kernels scheduled in source order because registers ran out */
  const struct loop_report *loops; /* innermost loops, one for each form of kernel */
  int loop_count;
  struct lower_storage *storage; /* owner of the object's memory */
};

/* Errors: VTPU_USAGE for options that contradict each other, VTPU_LIMIT for shapes beyond the model
 * (odd head_dim, registers), VTPU_SYSTEM. The model is not needed any more afterwards, unless
 * weights are made later. */
int lower_model(const struct model *model, const struct lower_options *options,
                struct lower_result *out, struct vtpu_error *err);
void lower_result_free(struct lower_result *r);
/* For object_write_stream (struct object_maker, its owner is the result): makes the contents that
 * are NULL, straight from the model's file to the object's. */
int lower_make(void *result, uint32_t data, object_take *take, void *to);

#ifdef __cplusplus
}
#endif
#endif
