/* Kernels: each tensor operation of the program, written over virtual registers for one sentron.
 *
 * Every function appends one finished kernel to the code (emit.h): it starts with no live registers
 * and leaves its results in phext space.
 */
#ifndef VTPU_ASM_LOWER_KERNEL_H
#define VTPU_ASM_LOWER_KERNEL_H

#include "asm/lower/emit.h"
#include "asm/lower/plan.h"

struct kernel {
  const struct plan *plan;
  struct code *code;
  struct ir ir;
  int sentron;
  int layer; /* for marks; -1: none */
  int queue; /* messages that any queue between two sentrons has to hold at once, so far */
  const struct sentron_plan *own;
  struct {
    int reg, block; /* bytes to the buffer's row at hand, made in that block of the ir */
  } row_offset[SPACE_COUNT];
};

void kernel_begin(struct kernel *k, const char *name); /* an empty ir */

/* --- addresses (kernel_vector.c)
 * ------------------------------------------------------------------- A p register at a buffer's
 * byte, of the row at hand if it has rows; `index`: plus lane 0 of a register, in bytes (IR_NONE:
 * nothing). */
int kernel_point(struct kernel *k, const struct buffer *b, uint64_t bytes, int index);
/* The same with the index in units of plan_walk_axis(); bytes must be whole lines. */
int kernel_point_units(struct kernel *k, const struct buffer *b, uint64_t bytes, int index);
void kernel_next(struct kernel *k, int p, int lines); /* moves a p register by lines */
/* A value of the control cell in lane 0, other lanes zero; and back. */
int kernel_control(struct kernel *k, int offset);
int kernel_controls(struct kernel *k, int offset, int count); /* several, in lanes from 0 */
void kernel_set_control(struct kernel *k, int offset, int reg);
int kernel_gather_line(struct kernel *k, int p, const struct buffer *b); /* a whole line */
void kernel_scatter_line(struct kernel *k, int p, const struct buffer *b, int reg);
/* Sums a few registers in pairs, first with second, so that the order depends on `count` alone. */
int kernel_sum(struct kernel *k, enum elem type, const int *regs, int count);
/* Calls `body` for every line of a vector: unrolled, in a loop when there are many. `line` counts
 * within the body, so that accumulators can alternate; in a loop it starts at a multiple of 8. */
typedef void line_body(struct kernel *k, void *state, int line);
bool kernel_lines_loop(int lines);
void kernel_each_line(struct kernel *k, int lines, line_body *body, void *state);

/* --- vectors (kernel_vector.c)
 * --------------------------------------------------------------------- */
int kernel_embedding(struct kernel *k, struct vtpu_error *err);
int kernel_norm(struct kernel *k, const char *name, const struct buffer *weight,
                struct vtpu_error *err);
/* Copies a vector that others wrote into this sentron's own region. */
int kernel_stage(struct kernel *k, const struct buffer *from, int lines, struct vtpu_error *err);
/* Packs a vector for a product in a narrow type (kernel_pack.c): from + weight and norm, to out.
 * Integers get their scale, in CONTROL_SCALE. */
struct pack {
  const char *name; /* of the mark */
  const struct buffer *from;
  const struct vector *vector;
  const struct buffer *weight; /* of the norm, or NULL */
  bool norm;                   /* divide by the root of the mean square + eps */
  float eps;
  struct format format;
  const struct buffer *out;
};
int kernel_pack(struct kernel *k, const struct pack *what, struct vtpu_error *err);
/* The same as a ternary checkpoint wants it (kernel_strict.c). */
int kernel_strict_pack(struct kernel *k, const struct pack *what, struct vtpu_error *err);
/* Waits until the scatters of every sentron of a group can be seen by all of it. */
int kernel_barrier(struct kernel *k, int group, struct vtpu_error *err);
/* Brings a vector to all sentrons that need it, by messages (kernel_share.c). `from` and `to` are
 * the sentron's own; they are the same buffer where lines stay f32. */
struct share {
  const char *name; /* of the mark */
  enum meeting at;
  const struct buffer *from, *to;
  struct format format; /* f32, or what the lines are packed to on their way */
  int blocks;           /* of the product that needs them: who has a share of it, reads, */
  bool follows;         /* unless it takes what its leader makes of them (plan_leader) */
};
int kernel_share(struct kernel *k, const struct share *what, struct vtpu_error *err);
/* The norm is made: its scale goes to the core's other context, which waits for it. */
int kernel_lead(struct kernel *k, int follower, struct vtpu_error *err);
int kernel_follow(struct kernel *k, int leader, struct vtpu_error *err);

/* --- matrices (kernel_matrix.c)
 * -------------------------------------------------------------------- */
/* The multiply-adds of one bundle of blocks; also used for scores, whose weights are the keys. Each
 * line of weights is gathered once and meets every input. */
struct dot {
  struct kernel *k;
  struct format format;
  int weights; /* p register that walks the lines of weights */
  const struct buffer *weight_buffer;
  const struct vector *in;
  const struct buffer *in_buffer;
  int in_pointer[4];   /* p registers that walk the packed inputs, unless these are resident; one
                        * for all where their lines alternate */
  const int *resident; /* [packed lines][inputs]: in registers, or NULL */
  int in_ahead;        /* p register that walks the next rows' inputs, to fetch them; or IR_NONE */
  int rows, inputs;    /* interleaved lines of weights; inputs that meet each of them */
  int sums;            /* accumulators of each row and input */
  int begin; /* register that accumulators start from; IR_NONE: f32, from nothing; BEGIN_GATHERED:
              * each from a zero of its own, for which no register is held */
  int in_scale;  /* of integers: scale of the one input, lane 0; or IR_NONE */
  int bias;      /* of floats: what the first accumulator starts from, or IR_NONE */
  int sum[8][4]; /* [row * inputs + input][..]; IR_NONE: not yet begun */
  int column;
  bool prefetch;   /* pages of weights ahead of their first line */
  int walked;      /* lines of weights since the last prefetch; -1: none yet */
  int ahead;       /* p register that walks lines of weights which are fetched for later, */
  int every;       /* one of them for so many lines at `weights`; 0: none are; */
  bool walks;      /* the next one too: where it begins a page, a first prefetch only walks there */
  const int *kept; /* lines of the bundle that are in registers, all of them; NULL: they are not */
  int taken;       /* of these */
};
enum { BEGIN_GATHERED = -2 };
enum { DOT_SUMS = 4 }; /* rows x inputs x sums: hides the latency of a multiply-add */
struct dot dot_of(struct kernel *k, const struct matrix *w, const struct buffer *in);
void dot_begin(struct dot *d, bool zero);              /* new accumulators; zero: they hold 0 */
void dot_columns(struct dot *d, int first, int lines); /* packed input lines first.. */
/* The next line of scales at the weights' pointer, for one row, times that of the input; IR_NONE
 * with floats. */
int dot_scale(struct dot *d);
int dot_result(struct dot *d, int row, int input, int scale); /* f32 */

/* Packed lines of the input from the first whose groups are all in use. */
int dot_full_lines(const struct dot *d);
/* Does a position alone take all columns of a bundle as straight code? Then sums begin with a
 * product, in a loop with zero. The choice depends on the shape only. */
bool dot_is_straight(const struct dot *d, const struct matrix *w);

/* silu(gate) * up. */
struct swiglu {
  struct ir_src power, one; /* -log2(e); 1: of CONTROL_POWER and CONTROL_ONE */
};
int swiglu(struct kernel *k, const struct swiglu *s, int gate, int up);

/* The best logit of each lane and its index; number = the row of each lane. */
struct best {
  int value, index, number, n;
};
void best_begin(struct kernel *k, struct best *b, int first_row);
void best_keep(struct kernel *k, struct best *b, int y);
/* Stored where kernel_best finds it; with messages all sentrons agree at once. */
void best_end(struct kernel *k, const struct best *b);
int kernel_no_best(struct kernel *k, struct vtpu_error *err); /* that of a sentron without rows */

enum matrix_result {
  RESULT_STORE,    /* out = W x */
  RESULT_RESIDUAL, /* out += W x */
  RESULT_SWIGLU,   /* out = silu(W0 x) * (W1 x) */
  RESULT_LOGITS,   /* out = W x, and the arg max of this sentron's rows */
};
int kernel_matrix(struct kernel *k, const char *name, const struct matrix *w,
                  const struct buffer *in, enum matrix_result result, const struct buffer *out,
                  struct vtpu_error *err);

/* --- attention (kernel_cache.c, kernel_attention.c)
 * ---------------------------------------------------------------- */
/* The cache of a KV head that this sentron owns (`own` counts from its first) in the kernel's
 * layer. */
struct buffer kernel_keys(const struct kernel *k, int own);
struct buffer kernel_values(const struct kernel *k, int own);
/* Query heads of this sentron that read one KV head together: those around own head `own`. */
struct range kernel_readers(const struct kernel *k, int own);
/* Norm and rotation of q and k, writing the caches. */
int kernel_rope(struct kernel *k, struct vtpu_error *err);
/* Jumps to `label` if the only row is not of this sentron's team. */
int kernel_skip_attention(struct kernel *k, int label, struct vtpu_error *err);
/* Scores, softmax and weighted values of each head of this sentron. */
int kernel_attention(struct kernel *k, struct vtpu_error *err);
/* What integers need: absmax (i32) joins what it was before (IR_NONE: nothing); the conversion's
 * factor and the scale of its results, both in all lanes. */
void kernel_set_scale(struct kernel *k, int scale); /* of the packed input */
int kernel_absmax(struct kernel *k, int before, int reg, int magnitude);
void kernel_integer_scale(struct kernel *k, int absmax, int *factor, int *scale);
void kernel_scale_of(struct kernel *k, int largest, int *factor, int *scale); /* in lane 0 */

/* --- in the order and rounding of the reference (kernel_strict.c)
 * ---------------------------------------------------------------- */
int kernel_strict_swiglu(struct kernel *k, int gate, int up); /* silu(gate) * up */
int kernel_strict_attention(struct kernel *k, struct vtpu_error *err);

/* --- steps (kernel_step.c): the loop over tokens
 * --------------------------------------------------------- */
int kernel_start(struct kernel *k, int end_label, struct vtpu_error *err);
/* How many positions the step takes of each sequence. Of one sequence it jumps to `single` where
 * they are too few for a block of rows, of several to `end` where there is none. */
int kernel_take(struct kernel *k, int single_label, int end_label, struct vtpu_error *err);
/* The lists of these rows, and of those of them whose logits are wanted. Of several sequences it
 * jumps to `single` where they are too few for a block. */
int kernel_list(struct kernel *k, int single_label, struct vtpu_error *err);
/* The sequences have gone on; jumps to `top` while there may be more to do. */
int kernel_next_token(struct kernel *k, int top_label, struct vtpu_error *err);
int kernel_halt(struct kernel *k, struct vtpu_error *err);

/* --- the position at hand (kernel_token.c)
 * --------------------------------------------------------- */
/* Indices that depend on the position; of a row, that position and its sequence are taken first. */
int kernel_token(struct kernel *k, struct vtpu_error *err);
/* Units from the logits' start to those of the position; IR_NONE: there is one row only. */
int kernel_logits_units(struct kernel *k);
int kernel_skip_logits(struct kernel *k, int label,
                       struct vtpu_error *err); /* if none are wanted */
/* Jumps to `none` or `many` where none are wanted, or those of several rows. */
int kernel_wanted(struct kernel *k, int none_label, int many_label, struct vtpu_error *err);
int kernel_best(struct kernel *k, struct vtpu_error *err); /* combines the sentrons' arg max */
void kernel_set_best(struct kernel *k, int index);         /* of the sequence */

/* --- rows (kernel_rows.c, kernel_block.c)
 * ---------------------------------------------------------------- */
enum {
  BLOCK_INPUTS_LOG2 = 1,
  BLOCK_INPUTS = 1 << BLOCK_INPUTS_LOG2
}; /* positions that meet a gathered line of weights together */
int kernel_rows_count(struct kernel *k);           /* of the list at hand */
int kernel_row_field(struct kernel *k, int field); /* ROW_... of the row at hand */
/* The rows from..., every step-th: begin jumps to `end_label` when there is none (it has `least`
 * rows), and leads to the first; next jumps to `top_label` when there is one more. */
int kernel_rows_begin(struct kernel *k, int from, int least, int end_label, struct vtpu_error *err);
int kernel_rows_next(struct kernel *k, int step, int top_label, struct vtpu_error *err);
int kernel_rows_first(struct kernel *k, struct vtpu_error *err); /* the first one, without a loop */
int kernel_row_take(struct kernel *k, struct vtpu_error *err); /* its fields to the control cell */
int kernel_jump(struct kernel *k, int label, struct vtpu_error *err);
/* out = W x of every row of the list, as kernel_matrix to the bit. `out` has rows, or is that of
 * the logits. next: the matrix of the next product, whose weights may be fetched ahead; NULL: none
 * are. */
int kernel_block_matrix(struct kernel *k, const char *name, const struct matrix *w,
                        const struct buffer *in, enum matrix_result result,
                        const struct buffer *out, const struct matrix *next,
                        struct vtpu_error *err);
/* Arg max of the row's logits, of those that this sentron has computed. */
int kernel_row_best(struct kernel *k, struct vtpu_error *err);

/* --- sequences of kernels (lower.c, lower_block.c)
 * ---------------------------------------------------------------- */
/* The normed residual stream, as w reads it, into own->normed. */
int lower_norm(struct kernel *k, const char *norm, const struct buffer *weight,
               const struct matrix *w, struct vtpu_error *err);
/* BitNet's layers have norms without weights: NULL. */
const struct buffer *lower_norm_weight(const struct plan *p, const struct buffer *weight);
int lower_attention(struct kernel *k, struct vtpu_error *err); /* from q, k, v to own heads */
/* A vector packed for w, which is of a narrow type, into own->staged. */
int lower_pack(struct kernel *k, const struct matrix *w, const struct buffer *in,
               struct vtpu_error *err);
/* The only row of a step becomes the position at hand. */
int lower_only_row(struct kernel *k, struct vtpu_error *err);
/* The rows of a step through all layers. Jumps to `next` when their logits are made, or none are
 * wanted; to `after` when those of one row, which is where a single position's would be. */
int lower_block(struct kernel *k, int after, int next, struct vtpu_error *err);

#endif
