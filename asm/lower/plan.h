/* The plan of one lowering: shapes, places and the share of each sentron.
 *
 * Words used everywhere below:
 *   line    DLEN/8 bytes, one r register; n = DLEN/32 f32 lanes
 *   vector  an activation in lines of f32; some lanes of a line may be padding (always zero, and
 *           skipped by the columns of the next matrix)
 *   packed  the same in a narrower type: line k of the packed form holds f32 lines pack * k and up,
 *           one after the other, which is what DCVT makes of them, part by part
 *   group   columns that one 32-bit lane of a line of weights holds (struct format): they meet 32
 *           bits of the packed input (t2: 128)
 *   block   n rows of a matrix: one line a group, groups consecutive, so a kernel walks it
 * linearly; with integers a line of the rows' scales follows. A kernel that has several blocks may
 *           take some at once (a bundle): their lines alternate, then come their scales
 *   head    in lines too: two halves (the lanes that RoPE pairs), each padded so that a half never
 *           crosses a line: half_stride lanes. Models that pair neighbours (2i, 2i+1) have the rows
 *           of their wq and wk permuted to halves, which leaves every score as it is.
 *
 * Every dot product of floats is summed by one sentron in an order that depends on the tensor's
 * shape alone, integers are exact, so the bits do not depend on the number of sentrons.
 */
#ifndef VTPU_ASM_LOWER_PLAN_H
#define VTPU_ASM_LOWER_PLAN_H

#include "asm/lower/lower.h"

/* Buffers that are written, for the scheduler's order of memory operations (ir.h). */
enum space {
  SPACE_ROM, /* IR_ROM */
  SPACE_STATE,
  SPACE_TOKENS,
  SPACE_CONTROL,
  SPACE_RESIDUAL,
  SPACE_NORMED,
  SPACE_QKV,
  SPACE_QUERY,
  SPACE_SCORES,
  SPACE_KEYS,
  SPACE_VALUES,
  SPACE_MIXED,
  SPACE_GATED,
  SPACE_STAGED,
  SPACE_LOGITS,
  SPACE_BEST,
  SPACE_SCRATCH,
  SPACE_BIAS,
  SPACE_GREATEST, /* scores, by lane and head */
  SPACE_WEIGHTS,  /* the softmax's, in place of the scores that they are made of */
  SPACE_SCALES,
  SPACE_AHEAD, /* pages of weights: prefetches, and gathers before which they issue */
  SPACE_SEQUENCES,
  SPACE_ROWS,
  SPACE_NEXT_ROW, /* of two rows' results, which never meet, the second one's */
  SPACE_COUNT,
};

/* A piece of phext space. */
struct buffer {
  struct coord base; /* first cell of its region: page-aligned */
  uint64_t offset;   /* bytes from there, in storage order */
  uint64_t bytes;
  enum space space;
  int latency;        /* assumed cycles of a gather (ir.h) */
  uint64_t row_bytes; /* from one row to the next; 0: there are no rows */
  int row_of;         /* which row is at hand: CONTROL_ROW, CONTROL_SOURCE or CONTROL_SEQUENCE */
};

struct vector {
  int lines;
  uint8_t *lanes; /* [lines]: lanes in use, from lane 0 */
  int columns;    /* sum of lanes */
  bool uniform;   /* every line but the last is full */
};

/* How a type is stored in lines of weights, and how the input that it meets is. */
struct format {
  enum number_type type;
  int columns; /* of weights in 32 bits: the group */
  int pack;    /* elements of the input in 32 bits */
  bool scaled; /* integers: a line of row scales follows each block, the input has a scale */
};
struct format format_of(enum number_type type);

struct matrix {
  struct buffer buffer;
  struct format format;
  int blocks;
  int rows;   /* matrices whose blocks are interleaved: 1, or 2 (gate and up) */
  int bundle; /* blocks taken at once, at most */
  int groups; /* lines of weights of a block */
  const struct vector *in;
  uint64_t block_bytes;
};

struct range {
  int first, count;
};

/* The cell of a sentron's own that carries values from kernel to kernel: i32 at these offsets. */
enum {
  CONTROL_POSITION = 0,  /* at hand */
  CONTROL_TOKEN = 4,     /* to process */
  CONTROL_ROW = 8,       /* the row at hand of the list at hand, */
  CONTROL_SOURCE = 12,   /* the row of the step that it is, */
  CONTROL_SEQUENCE = 16, /* and whose it is */
  CONTROL_BLOCKS = 20,   /* blocks of n positions seen so far, this one included */
  CONTROL_KEY = 24,      /* bytes from a key cache's start to this position's lane */
  CONTROL_VALUE = 28,    /* bytes from a pass of a value cache to this position's values */
  CONTROL_ROPE = 32,     /* units to this position's sines and cosines */
  CONTROL_CACHE = 36,    /* which of the caches of the sentron is the sequence's */
  CONTROL_SCALE = 40,    /* of the packed input of the next matrix: f32; with it go, for SwiGLU: */
  CONTROL_ONE = 44,      /* 1 */
  CONTROL_POWER = 48,    /* -log2(e) */
  CONTROL_ROWS = 52,     /* rows of the step, */
  CONTROL_WANTED = 56,   /* of them those whose logits are wanted, */
  CONTROL_ATTENDED = 60, /* and those whose attention is this sentron's */
};

/* What a sentron knows of each sequence, in a table in its own memory: i32 at these offsets. */
enum {
  SEQUENCE_POSITION = 0, /* next position */
  SEQUENCE_STEPS = 4,
  SEQUENCE_PROMPT = 8,
  SEQUENCE_TOKEN = 12, /* of that position */
  SEQUENCE_BEST = 16,  /* arg max of its logits */
  SEQUENCE_TAKEN = 20, /* positions that this step takes */
  SEQUENCE_BYTES = 24, /* of an entry */
};

/* A list of rows, in a table in its own memory too. */
enum {
  ROW_POSITION = 0,
  ROW_SEQUENCE = 4,
  ROW_SOURCE = 8,  /* its row of the step */
  ROW_LOGITS = 12, /* units to its logits */
  ROW_TOKEN = 16,  /* to process */
  ROW_BYTES = 20,  /* of an entry */
};

enum { BEST_BYTES = 2 * CELL_BYTES }; /* of a row: the sentrons' best logits, and their indices */

/* Where the sentrons of a step of one position learn what others have made, in this order; each is
 * a group of the object, of the sentrons that have something to tell or to learn. */
enum meeting {
  MEETING_QKV,     /* the residual stream, for the product after it */
  MEETING_HEADS,   /* queries, keys and values: always through memory */
  MEETING_OUTPUT,  /* what the heads have read */
  MEETING_GATE_UP, /* the residual stream */
  MEETING_DOWN,    /* the activations */
  MEETING_LOGITS,  /* the residual stream */
  MEETINGS,
};

struct layer_plan {
  struct matrix qkv, output, gate_up, down;
  struct buffer attention_norm, ffn_norm, q_norm, k_norm;
};

struct sentron_plan {
  int core;
  struct buffer control, normed, query, scores, greatest, staged, scratch, bias;
  struct buffer scales;       /* of packed inputs, by row; without rows it is CONTROL_SCALE */
  struct buffer query_scales; /* f32 of each own head, i8 caches only */
  struct buffer sequences;    /* the table */
  struct buffer rows;         /* lists: the step's rows, */
  struct buffer wanted;       /* those of them whose logits are wanted, */
  struct buffer attended;     /* and of several teams those of this sentron's */
  struct buffer residual;     /* with messages: vectors of its own, of which */
  struct buffer mixed, gated; /* others' lines come from them */
  struct buffer list;         /* in a loop over rows: the one at hand, */
  int list_count;             /* and where its count is in the control cell */
  struct buffer keys, values; /* of layer 0, first KV head of `kv_heads` */
  struct range heads, kv_heads;
  int team, caches; /* for attention; sequences of the team */
};

enum { BLOCK_ROWS_MOST = LOWER_BATCH_MOST, BLOCK_ROWS_LEAST = 2 }; /* rows processed together */

struct plan {
  const struct model *model;
  const struct model_config *config;
  const struct lower_options *options;
  enum number_type embedding_type;
  struct number_types types; /* no defaults any more */
  bool strict;               /* order and rounding of the reference: kernel_strict.c */
  unsigned dlen;
  int lanes, lanes_log2; /* n */
  int line_bytes;
  int sentrons;
  int batch; /* sequences */
  int teams; /* of sentrons, each with all heads of the sequences team, team + teams, ... */
  int teams_log2;
  int positions; /* processed at most of a sequence: prompt + max_tokens - 1, at least 1 */

  int half;            /* head_dim / 2 */
  int half_stride;     /* lanes of a half with padding */
  int half_lines;      /* lines that a half touches: ceil(half / n) */
  int head_stride;     /* lanes of a head: 2 half_stride */
  int value_lines;     /* lines of a head's values: ceil(head_stride / n) */
  int value_group;     /* of them, handled in one pass over the cache */
  int value_positions; /* that share a line of values */
  struct format kv;    /* of keys and queries; of values the type */
  int inputs;          /* query heads that share a gather of the cache, at most */
  int blocks;          /* of n positions */
  int readers;         /* KV heads whose softmax is made together */
  int query_lines;     /* packed lines of a query */
  int key_lines;       /* lines of a block of keys: groups, with integers one of scales */
  uint64_t key_block_bytes, value_pass_bytes;
  uint64_t key_head_bytes, value_head_bytes; /* caches of one sequence, KV head and layer */

  struct vector hidden, ffn, mixed; /* mixed: what the heads read, [heads * head_stride] */
  struct vector query;              /* a rotated query, one line a piece */

  struct buffer state, tokens, logits, best_value, best_index;
  struct buffer residual, qkv, mixed_buffer, gated;
  int block_rows;            /* rows of a step at most; 0: one position at a time */
  struct buffer block_input; /* packed inputs of a block's products, by row */
  struct buffer block_scales;
  struct buffer embedding, rope, final_norm, lane_numbers, strict_table;
  struct matrix output;
  struct layer_plan *layers;
  struct sentron_plan *sentron; /* [sentrons] */
  int logits_row_lines;
  int logits_rows;                   /* of a sequence */
  int weight_latency, cache_latency; /* assumed cycles of a gather of weights, keys, values */
  bool prefetch;     /* pages of weights: they stream, and no PTC keeps them for the next token */
  bool pushed_out;   /* lines of one sentron's rows leave L2 before they are read again */
  bool messages;     /* vectors of a single position pass between sentrons by messages: share.c */
  int queue;         /* messages that may be on their way between two sentrons */
  int members[MEETINGS]; /* sentrons 0.. of each meeting, with messages */
  bool cache_shared; /* KV caches in L3: where L2 would lose them before the next token */
};

/* Checks options and shapes and fills everything but the buffers. */
int plan_shapes(struct plan *p, const struct model *m, const struct lower_options *o,
                struct vtpu_error *err);
void plan_free(struct plan *p);

/* Positions of a sequence that go through the model: the token generated last does not have to. */
int plan_positions(const struct lower_prompt *prompt, int max_tokens);

/* Share of sentron s of `count` items, ascending. What is left over goes to the lowest sentrons,
 * which run on different cores (sentron s on core s mod cores). */
struct range plan_share(const struct plan *p, int count, int s);
static inline int ceil_div(int a, int b)
{
  return (a + b - 1) / b;
}

/* Lines that a sentron has made of the vector that a meeting is about (not MEETING_HEADS). */
struct range plan_own_lines(const struct plan *p, enum meeting at, int s);
/* Decides on messages; p->layers need not be placed yet. */
void plan_meetings(struct plan *p);
/* With messages the second context of a core has no norm of its own: it takes what the first one
 * has made of the residual stream, from their core's memory. That sentron's number, or -1. */
static inline int plan_leader(const struct plan *p, int s)
{
  return p->messages && s >= p->options->cores ? s - p->options->cores : -1;
}
/* Group of the object. Group 0: all sentrons. */
static inline int meeting_group(enum meeting at)
{
  return 1 + (int)at;
}

/* Lines of a vector when it is packed for a format. */
int plan_packed_lines(const struct vector *v, struct format f);
/* Groups in a packed line, and whether one of them has a lane in use. */
int plan_line_groups(const struct plan *p, struct format f);
bool plan_group_used(const struct plan *p, const struct vector *v, struct format f, int line,
                     int group);
/* All groups in use. */
int plan_groups(const struct plan *p, const struct vector *v, struct format f);
/* A bundle with at most so many lines of weights has no inner loop. */
enum { MATRIX_LINES_STRAIGHT = 512 };
/* Blocks of a matrix that are best taken at once: w->blocks, rows, groups and format are known. */
int plan_bundle_size(const struct plan *p, const struct matrix *w);
/* The bundle that block `block` of a matrix belongs to: bundles do not cross shares. */
struct range plan_bundle(const struct plan *p, const struct matrix *w, int block);

/* SINDEX and CSTEP count `unit`s: cells along the linear axis when a line is a cell, else bytes. */
unsigned plan_walk_axis(const struct plan *p);
int plan_line_units(const struct plan *p); /* units of one line */

/* Lane of a head's padded layout -> dimension of the model, or -1 for padding. `rotated`: q and k.
 */
int plan_head_dim(const struct plan *p, int lane, bool rotated);

/* A buffer that starts `bytes` further on. */
static inline struct buffer buffer_at(struct buffer b, uint64_t bytes)
{
  b.offset += bytes;
  b.bytes -= bytes;
  return b;
}

/* The page that holds the buffer's start, and the bytes from there (below PAGE_BYTES). Independent
 * of the machine's curve: coordinates of pages are the same in all of them. */
struct coord buffer_page(const struct buffer *b, int32_t *bytes);

#endif
