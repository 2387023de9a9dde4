/* What the files of the co-simulation share: see cosim.h. */
#ifndef VTPU_RTL_COSIM_STATE_H
#define VTPU_RTL_COSIM_STATE_H

#include "rtl/cosim/core.h"
#include "rtl/cosim/cosim.h"

/* A queue of events, oldest first. */
struct events {
  struct vtpu_event *at; /* [room], a ring */
  size_t first, count, room;
};
void events_push(struct events *q, const struct vtpu_event *e);
const struct vtpu_event *events_head(const struct events *q); /* NULL: empty */
void events_pop(struct events *q);
/* The head if it is of this cycle; else NULL. */
const struct vtpu_event *events_at(const struct events *q, uint64_t cycle);
void events_free(struct events *q);

/* A sentron: what the simulator has told of it and the core has not yet done. */
struct side {
  const struct object_sentron *origin;
  unsigned index; /* in the object */
  struct cosim_core *core;
  unsigned context; /* of the core */
  bool running;     /* expected */
  bool begun;       /* has issued since it was started */
  struct events start, issue, retire, stall, result[REG_COUNT], send, take, arrival, credit,
      release, set_up;
  struct events flying; /* messages to it that have not arrived; `other` sent them */
  struct events rtl_stall; /* the core's stalls that the simulator has not told yet */
  struct { uint64_t cycle; uint32_t siw; } last[8]; /* issues, a ring */
  uint64_t issues;
};

struct cosim_core {
  struct rtl_core *rtl;
  struct rtl_seen seen;
  unsigned node, number;
  struct side *side[RTL_CONTEXTS]; /* NULL: no sentron there */
  struct events translation, access;
  bool carried_out; /* its requests of this cycle */
  bool hosted; /* the host looks up the PTC in this cycle, with: */
  struct vtpu_event host;
  struct { bool busy; uint64_t due; uint8_t data[CELL_BYTES]; } line[RTL_LINES_MAX];
};

/* Memory behind L1 of a node, by frame; pages are filled when they are first asked for. */
struct frames {
  uint8_t **page; /* [count] of 4 KiB, NULL: not yet */
  size_t count;
  uint64_t *region; /* [regions] by number: the first frame, as the simulator names them */
  size_t regions;
};

struct cosim {
  const struct machine *m;
  const struct object *o;
  const struct siw *code; /* of the cores */
  struct vtpu *sim;
  struct vtpu *fresh; /* never run: the contents of memory at the start */
  struct side *side;  /* [sentron_count] */
  struct cosim_core *core;
  unsigned core_count;
  struct frames *frames; /* [nodes] */
  struct events host;    /* accesses of host steps */
  uint64_t *loaded;      /* [nodes] frames that the loader has filled */
  uint64_t cycle, known; /* the simulator has told all before `known` */
  bool ended;            /* the simulator's run; at `end` */
  uint64_t end;
  bool frees; /* the program holds SFREE */
  bool faulted;
  struct vtpu_event fault;
  int sim_status;
  struct vtpu_error sim_error;
  struct cosim_result *out;
  char difference[1000]; /* in one sentence; empty: none */
  uint64_t difference_cycle;
  struct side *difference_side; /* NULL: the core's as a whole */
  struct cosim_core *difference_core;
};

/* expect.c */
void expect_event(void *cosim, const struct vtpu_event *e);
/* Compares what a core did in this cycle. */
void compare_core(struct cosim *k, struct cosim_core *c);
/* After the last cycle: nothing may be left. */
void compare_end(struct cosim *k);
/* Keeps the first difference; `unit` is where it was seen. */
void differ(struct cosim *k, struct cosim_core *c, struct side *x, const char *unit,
            const char *format, ...) __attribute__((format(printf, 5, 6)));

/* outside.c */
void outside_translation(struct cosim *k, const struct cosim_core *c, const struct vtpu_event *e);
/* Inputs at the start of a cycle; answers to what a core asks; what comes with the edge. */
void outside_before(struct cosim *k, struct cosim_core *c);
bool outside_answer(struct cosim *k, struct cosim_core *c);
void outside_carry_out(struct cosim *k, struct cosim_core *c);
void outside_edge(struct cosim *k);
unsigned channel_of(const struct side *x, const struct side *other);

enum { WAVE_BEFORE = 200 }; /* cycles that the waveform shows before a difference */

/* show.c */
char *show_difference(const struct cosim *k, const char *wave);

#endif
