/* The machine: every parameter with its unit and range, presets, files (isa/machine.def). */
#ifndef VTPU_ISA_MACHINE_H
#define VTPU_ISA_MACHINE_H

#include "isa/isa.h"

#ifdef __cplusplus
extern "C" {
#endif

enum ptc_granularity { PTC_PAGE, PTC_COORDINATE };
enum ptc_hash { PTC_FOLD, PTC_REFERENCE };
enum ptc_replacement { PTC_LRU, PTC_WAY0 };
enum topology { TOPOLOGY_PENTAGON, TOPOLOGY_RING, TOPOLOGY_TORUS, TOPOLOGY_FULL };

/* What costs energy (isa/energy.def); the D operations come first. */
enum energy {
#define ENERGY(name, param, doc) ENERGY_##name,
#include "isa/energy.def"
#undef ENERGY
  ENERGY_COUNT,
  ENERGY_D_COUNT = ENERGY_SIW
};
struct energy_info {
  const char *key, *doc; /* "mac_f32": its parameter is energy_mac_f32 */
};
extern const struct energy_info energy_table[ENERGY_COUNT];
/* What an operation of the D-pipe costs: *events of a row; ENERGY_COUNT if nothing. */
enum energy slot_energy(const struct slot *d, unsigned dlen, unsigned *events);

/* Struct of all parameters. INT and WORD are int64_t, REAL is double; latencies by class. */
struct machine {
  char name[64]; /* preset or file */
#define PARAM_FIELD_INT int64_t
#define PARAM_FIELD_REAL double
#define PARAM_FIELD_WORD int64_t
#define PARAM(name, kind, unit, value, least, most, doc) PARAM_FIELD_##kind name;
#define LATENCY_PARAM(name, param, cycles, doc)
#define ENERGY_PARAM(name, param, doc)
#include "isa/machine.def"
#undef PARAM
#undef LATENCY_PARAM
#undef ENERGY_PARAM
  double energy[ENERGY_COUNT]; /* pJ; 0: not stated */
  int64_t latency[LAT_COUNT]; /* latency_move, ... ; LAT_NONE is not a parameter */
};

enum param_kind { PARAM_INT, PARAM_REAL, PARAM_WORD };
struct param_info {
  const char *name, *unit, *doc;
  enum param_kind kind;
  double value, least, most; /* default and range */
  size_t offset;             /* in struct machine */
  const char *const *words;  /* PARAM_WORD: names of 0, 1, ... */
};
extern const struct param_info machine_params[];
extern const int machine_param_count;

/* Preset names: "spec", "energy45", "r23w6", "zen4"; NULL-terminated. */
extern const char *const machine_presets[];

/* Loads a preset, or else a file: lines "name = value [unit]", "#" comments, and optionally first
 * "preset = NAME" (default spec). Unknown names are errors with the nearest known one and the line. */
int machine_load(const char *name_or_path, struct machine *out, struct vtpu_error *err);

/* One "name=value [unit]" from the command line. `place` names the source in messages. */
int machine_set(struct machine *m, const char *place, const char *assignment,
                struct vtpu_error *err);

/* What must hold between parameters (sets are powers of two, a tier's size fits its ways, ...). */
int machine_check(const struct machine *m, const char *place, struct vtpu_error *err);

/* Value of a parameter as text with its unit. */
enum { PARAM_TEXT_BYTES = 64 };
const char *machine_value_text(const struct machine *m, const struct param_info *p,
                               char out[PARAM_TEXT_BYTES]);

#ifdef __cplusplus
}
#endif
#endif
