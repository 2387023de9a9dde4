/* The verilated message channel (messages_tb.v) for C: one call is one clock cycle. */
#ifndef VTPU_RTL_TB_MESSAGES_H
#define VTPU_RTL_TB_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct messages_out { /* before the edge */
  bool credit, some;
  uint32_t head;
};

struct messages;
struct messages *messages_new(void); /* after reset */
void messages_free(struct messages *m);
unsigned messages_depth(const struct messages *m);
unsigned messages_latency(const struct messages *m);
/* A send without credit, or a take without a message, does nothing. */
void messages_cycle(struct messages *m, bool send, uint32_t value, bool take,
                    struct messages_out *out);

#ifdef __cplusplus
}
#endif
#endif
