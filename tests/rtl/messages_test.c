/* The RTL's message queues and credits under random traffic and back pressure, against a plain list
 * with times: every message comes, once, in order, at its cycle; credits come back at theirs. */
#include "rtl/tb/messages.h"
#include "tests/harness/harness.h"
#include "tests/isa/random_siw.h"

#include <stdlib.h>
#include <string.h>

enum { LIST = 1 << 16 };

struct model {
  uint64_t sent, arrived, taken, returned; /* so far */
  uint64_t arrival[LIST], back[LIST]; /* of message i: cycle in which it is there, its credit */
  uint32_t value[LIST];
};

/* Messages whose time has come are counted; those below `until` of the list have one. */
static uint64_t come(const uint64_t *time, uint64_t from, uint64_t until, uint64_t cycle)
{
  while (from < until && time[from % LIST] <= cycle)
    from++;
  return from;
}

T_TEST(rtl, message_queue_under_back_pressure)
{
  long cycles = getenv("VTPU_LONG") ? 100000000 : 1000000;
  struct messages *m = messages_new();
  struct model *k = calloc(1, sizeof *k);
  const unsigned depth = messages_depth(m), latency = messages_latency(m);
  T_REQUIRE(depth >= 2 && latency >= 1);
  uint64_t full = 0, empty = 0, wrong = 0;
  int eager_to_send = 50, eager_to_take = 50;
  for (uint64_t cycle = 0; cycle < (uint64_t)cycles && wrong == 0; cycle++) {
    if (cycle % 64 == 0) { /* bursts, droughts */
      eager_to_send = random_below(101);
      eager_to_take = random_below(101);
    }
    bool send = random_below(100) < eager_to_send, take = random_below(100) < eager_to_take;
    uint32_t value = (uint32_t)random64();
    struct messages_out out;
    messages_cycle(m, send, value, take, &out);
    k->arrived = come(k->arrival, k->arrived, k->sent, cycle);
    k->returned = come(k->back, k->returned, k->taken, cycle);
    bool credit = k->sent - k->returned<depth, some = k->arrived> k->taken;
    wrong += out.credit != credit || out.some != some;
    wrong += some && out.head != k->value[k->taken % LIST];
    full += !credit;
    empty += !some;
    if (send && credit) {
      k->value[k->sent % LIST] = value;
      k->arrival[k->sent++ % LIST] = cycle + latency;
    }
    if (take && some)
      k->back[k->taken++ % LIST] = cycle + latency;
  }
  T_EQ(wrong, 0);
  T_CHECK(k->taken > (uint64_t)cycles / 8 && full > 1000 && empty > 1000);
  messages_free(m);
  free(k);
}
