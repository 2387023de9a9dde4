/* The verilated core (rtl/sentron_core.v in core_bench.v) for C. A cycle is: set what the node does
 * in it (set-up, start, host), rtl_core_clock, rtl_core_settle, answer what the core asks (page
 * table, tiers), rtl_core_settle again if something was answered, set the inputs that come with the
 * edge at its end (arrivals, credits, releases, responses). */
#ifndef VTPU_RTL_COSIM_CORE_H
#define VTPU_RTL_COSIM_CORE_H

#include "isa/isa.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RTL_CONTEXTS = 2, RTL_LINES_MAX = 32 };

/* What the model was built for (rtl/rules.mk): machine parameters "name=value ..." that are not the
 * preset spec's, among those that cores depend on. */
extern const unsigned rtl_dlen, rtl_nodes;
extern const char *const rtl_params;

/* One cycle, as the core shows it after it has settled. */
struct rtl_seen {
  bool running[RTL_CONTEXTS], issued[RTL_CONTEXTS], fault[RTL_CONTEXTS];
  uint32_t pc[RTL_CONTEXTS];
  unsigned stall[RTL_CONTEXTS], fault_code[RTL_CONTEXTS]; /* enum stall; isa/faults.def */
  uint32_t result[RTL_CONTEXTS], owed[RTL_CONTEXTS];      /* registers, over the scoreboard */
  uint64_t send[RTL_CONTEXTS], take[RTL_CONTEXTS];        /* channels: 0..15 sentrons, 16.. nodes */
  uint8_t message[M_BYTES];                               /* that `send` sends */
  bool collect, spawn;                                    /* of context c_context: */
  unsigned c_context;
  /* the page table is asked */
  bool page;
  unsigned page_op; /* enum rtl_page_op */
  struct coord page_coord;
  /* the tiers behind L1 are asked; a victim follows; SFREE discards */
  bool memory, victim, discard, memory_dirty;
  unsigned memory_op, memory_id, memory_context; /* enum rtl_memory_op */
  uint64_t memory_line, victim_line, memory_mask, victim_mask;
  uint8_t memory_data[CELL_BYTES], victim_data[CELL_BYTES];
};
enum rtl_page_op { PAGE_DEMAND, PAGE_PREFETCH, PAGE_ALLOC, PAGE_FREE };
enum rtl_memory_op {
  MEMORY_READ,
  MEMORY_READ_NTA,
  MEMORY_PREFETCH_L2,
  MEMORY_PREFETCH_L3,
  MEMORY_WRITE,
  MEMORY_FLUSH
};

struct rtl_core;
struct rtl_core *rtl_core_new(void);
void rtl_core_free(struct rtl_core *c);
/* Writes every signal to an FST file from now on; `cycle` is the time that the next one has. */
void rtl_core_trace(struct rtl_core *c, const char *path, uint64_t cycle);

/* Before the first cycle: who it is, and the node that it lies in; then one cycle of reset. */
void rtl_core_place(struct rtl_core *c, const unsigned ids[RTL_CONTEXTS], unsigned node,
                    uint16_t present, const struct coord homes[SENTRONS_PER_NODE_MAX]);
void rtl_core_reset(struct rtl_core *c);

/* Inputs of one cycle; all that is not set again is off in the next. Set-up is of one register by
 * scoreboard index, or from 32 on of a group. The first three are of the cycle that begins next. */
void rtl_core_set_up(struct rtl_core *c, unsigned context, unsigned index, const void *data,
                     size_t bytes);
void rtl_core_host(struct rtl_core *c, struct coord coord);
void rtl_core_start(struct rtl_core *c, unsigned context, uint32_t entry, uint32_t end);
void rtl_core_page(struct rtl_core *c, bool ok, unsigned kind, bool foreign, uint16_t region,
                   uint32_t frame);
void rtl_core_tier(struct rtl_core *c, unsigned tier);
void rtl_core_respond(struct rtl_core *c, unsigned id, const uint8_t line[CELL_BYTES]);
void rtl_core_arrive(struct rtl_core *c, unsigned context, unsigned channel,
                     const uint8_t message[M_BYTES]);
void rtl_core_credit(struct rtl_core *c, unsigned context, unsigned channel);
void rtl_core_sent_arrived(struct rtl_core *c, unsigned context);
void rtl_core_release(struct rtl_core *c, unsigned context, const uint8_t *value);

void rtl_core_settle(struct rtl_core *c, struct rtl_seen *out);
/* The clock edge that begins a cycle. `code` is the memory of SIWs, `count` of them. */
void rtl_core_clock(struct rtl_core *c, const struct siw *code, uint32_t count);
/* Contents as an issue of this cycle reads them; returns the size in bytes. */
unsigned rtl_core_register(const struct rtl_core *c, unsigned context, unsigned reg,
                           uint8_t out[R_BYTES_MAX]);

#ifdef __cplusplus
}
#endif
#endif
