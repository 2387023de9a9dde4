/* What a run reports, from vtpu_statistics: as JSON for tools (sim/schema.md) and as text for
 * people (architecture, section 6).
 *
 *   struct report r = {.command = "run", .program = "prog.siw", .machine = &m, ...};
 *   json_t *j = report_json(&r);     the caller owns the reference
 *   report_text(stdout, &r);
 *
 * Neither decides anything: both print the same figures under the same names.
 */
#ifndef VTPU_SIM_REPORT_H
#define VTPU_SIM_REPORT_H

#include "sim/vtpu.h"

#include <jansson.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define REPORT_SCHEMA "vtpu-run-1"

enum report_end {
  REPORT_DONE,        /* every sentron has retired */
  REPORT_FAILED,      /* a fault or a deadlock: `error` */
  REPORT_MAX_CYCLES,  /* stopped at the limit that the user gave */
  REPORT_INTERRUPTED, /* stopped by the user */
};
extern const char *const report_end_names[]; /* "done", "failed", "max_cycles", "interrupted" */

/* What `vtpu infer` adds. */
struct report_sequence {
  const int *tokens; /* ids, prompt included: [token_count] */
  size_t token_count, prompt_count;
  size_t positions; /* tokens of it that went through the model */
  const char *text; /* UTF-8, prompt included; NULL without a tokenizer */
  const char
      *finish_reason; /* "stop": its end token; "length": what was asked for; NULL: neither */
};

struct report_inference {
  const struct report_sequence *sequences; /* [count], count >= 1 */
  size_t count;
  double temperature; /* 0: greedy */
  uint64_t seed;
  const char *weights, *head, *kv; /* number types: "f32", "bf16", "i8", "t2" */
};

struct timeline;

struct report {
  const char *command;      /* "run" or "infer" */
  const char *command_line; /* as typed, quoted for a shell; NULL: not known */
  const char *version;      /* of vtpu; NULL: not known */
  const char *program;      /* path of the object file or of the checkpoint */
  const struct machine *machine;
  const struct object *object;
  const struct vtpu_statistics *statistics;
  const struct vtpu *registers; /* show the registers of this machine; NULL: leave them out */
  enum report_end end;
  const char *error;   /* message of REPORT_FAILED, else NULL */
  bool untimed;        /* cycles count SIWs and mean nothing else */
  double host_seconds; /* the only figure that differs between two runs of one command */
  const struct report_inference *inference; /* NULL for `run` */
  const struct timeline *timeline;          /* NULL: none was taken */
};

/* NULL when memory ran out. Integers are exact; a ratio without a denominator is null. */
json_t *report_json(const struct report *r);
/* {"name", "parameters": {name: value}}: part of the report, and what `vtpu machine` writes. */
json_t *report_machine_json(const struct machine *m);

/* The registers of a sentron: {"r0": [...], ...}, as in the report with --registers. */
json_t *report_registers_json(const struct vtpu *v, unsigned sentron);

/* At most 100 columns. Returns false when the stream has an error. */
bool report_text(FILE *out, const struct report *r);
/* Its part on energy; nothing of a machine that states none. */
void report_energy_text(FILE *out, const struct report *r);

/* --- figures that both forms show ---------------------------------------------------------- */

uint64_t counts_all_ops(const struct vtpu_counts *c);
/* Share of the D-pipe's peak: multiply-accumulate operations / (cycles x D ports). `ports`: those
 * of what the counts are about (a core's for a sentron; all of them for the whole). */
double counts_mac_share(const struct vtpu_counts *c, uint64_t ports);
/* The cause (other than an issue) with most cycles, STALL_ISSUE if there is none. */
enum stall counts_longest_stall(const struct vtpu_counts *c);

/* "r0".."r15", "p0".., "m0".., "l0".. of a scoreboard index (isa.h). Returns out. */
enum { REGISTER_NAME_BYTES = 16 };
const char *register_name(unsigned reg, char out[REGISTER_NAME_BYTES]);

/* 64 bits of a register's bytes, little-endian. */
static inline uint64_t register_word(const uint8_t bytes[8])
{
  uint64_t value = 0;
  for (int i = 8; i-- > 0;)
    value = value << 8 | bytes[i];
  return value;
}

/* Simulated seconds of `cycles` at the machine's clock. */
double report_seconds(const struct machine *m, uint64_t cycles);
/* D ports of the whole machine. */
uint64_t report_d_ports(const struct machine *m);
/* Peak bytes a cycle of a tier over the whole machine; 0 where it is unlimited or absent. */
double report_tier_peak(const struct machine *m, int tier);
/* Tokens that went through the model for each simulated second; NAN before the first cycle. */
size_t report_positions(const struct report_inference *f); /* of all sequences */
double report_tokens_per_second(const struct report *r);

/* Program regions (object marks) put together: by layer and kernel, by kernel, or by layer. */
struct report_group {
  const char *name; /* kernel; NULL when grouped by layer */
  int layer;        /* -1: none */
  unsigned marks;   /* regions in this group */
  struct vtpu_counts counts;
};
enum report_grouping { REPORT_BY_REGION, REPORT_BY_KERNEL, REPORT_BY_LAYER };
/* In order of first appearance; SIWs outside of all marks come last as "outside". The caller frees
 * the array. NULL when memory ran out. */
struct report_group *report_groups(const struct report *r, enum report_grouping by,
                                   unsigned *count);
/* Does mark `index` of the statistics belong to this group? */
bool report_group_has(const struct report *r, const struct report_group *g, enum report_grouping by,
                      unsigned index);

#ifdef __cplusplus
}
#endif
#endif
