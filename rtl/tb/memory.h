/* The verilated S-pipe (memory_tb.v) for C: one of four small machines. A cycle is one or more
 * calls of memory_settle, until inputs that answer outputs are right, and then memory_clock. */
#ifndef VTPU_RTL_TB_MEMORY_H
#define VTPU_RTL_TB_MEMORY_H

#include "isa/isa.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MEMORY_MACHINES = 4, MEMORY_PORTS = 17, LINE_BYTES = 64 };
enum memory_op {
  MEM_READ,
  MEM_READ_NEAREST,
  MEM_PREFETCH_L2,
  MEM_PREFETCH_L3,
  MEM_WRITE,
  MEM_FLUSH
};
enum page_op { PAGE_DEMAND, PAGE_PREFETCH, PAGE_ALLOC, PAGE_FREE };

struct memory_in {
  bool reset;
  unsigned machine;
  bool issue, context, host; /* host: a look-up of coord, in place of an issue */
  uint8_t slot[12];          /* as in the SIW */
  struct coord coord;
  uint8_t value[R_BYTES_MAX], old[R_BYTES_MAX];
  /* answer of the page table */
  bool page_ok, page_foreign;
  unsigned page_kind, page_region;
  uint32_t page_frame;
  /* of memory */
  unsigned tier;
  uint32_t answered; /* bit i: line buffer i */
  uint8_t line[MEMORY_PORTS][LINE_BYTES];
};

struct memory_out {
  bool entry_free, closed;
  unsigned pending; /* bit i: context i */
  struct coord step;
  bool step_fault, fault;
  unsigned fault_code;
  uint32_t results, result_context; /* bit i: port i */
  unsigned result_reg[MEMORY_PORTS];
  uint8_t result[MEMORY_PORTS][R_BYTES_MAX];
  bool arrive, arrive_context;
  unsigned arrive_reg, arrive_tier;
  bool page, page_shared;
  enum page_op page_op;
  struct coord page_coord;
  uint32_t page_pages;
  bool request, request_context, request_dirty;
  enum memory_op request_op;
  unsigned request_id, request_kind;
  uint64_t request_line, request_mask;
  uint8_t request_data[LINE_BYTES];
  bool victim, victim_in_flight;
  unsigned victim_id;
  uint64_t victim_line, victim_mask;
  uint8_t victim_data[LINE_BYTES];
  bool free;
  unsigned free_region;
  bool ptc_hit, ptc_miss, walk, l1_hit, l1_merge;
};

struct memory;
struct memory *memory_new(void);
void memory_free(struct memory *m);
void memory_settle(struct memory *m, const struct memory_in *in, struct memory_out *out);
void memory_clock(struct memory *m);

#ifdef __cplusplus
}
#endif
#endif
