/* Links between nodes (architecture, section 5, "Messages"): shortest paths, a latency and a
 * bandwidth a link and direction; a message is stored and forwarded whole. */
#include "sim/engine.h"

#include <string.h>

struct link {
  uint8_t next; /* on the way from this row's node to this column's node: the neighbour */
  uint8_t hops;
  cycle_t free; /* only for neighbours: in 1/256 cycle */
};

static bool neighbours(const struct vtpu *v, unsigned a, unsigned b)
{
  unsigned n = (unsigned)v->m.nodes, d = (b + n - a) % n;
  if (d == 0)
    return false;
  switch ((enum topology)v->m.topology) {
  case TOPOLOGY_FULL: return true;
  case TOPOLOGY_RING: return d == 1 || d == n - 1;
  case TOPOLOGY_PENTAGON: /* a ring with cross-links to the next but one */
    return d <= 2 || d >= n - 2;
  case TOPOLOGY_TORUS: break;
  }
  unsigned w = 1; /* as square as it gets */
  for (unsigned i = 1; i * i <= n; i++)
    if (n % i == 0)
      w = i;
  unsigned h = n / w, ax = a % w, ay = a / w, bx = b % w, by = b / w;
  unsigned dx = (bx + w - ax) % w, dy = (by + h - ay) % h;
  return (dy == 0 && (dx == 1 || dx == w - 1)) || (dx == 0 && (dy == 1 || dy == h - 1));
}

static struct link *link_at(const struct vtpu *v, unsigned from, unsigned to)
{
  return &v->links[from * (unsigned)v->m.nodes + to];
}

cycle_t *network_link_free(struct vtpu *v, unsigned from, unsigned to)
{
  return &link_at(v, from, to)->free;
}

int network_init(struct vtpu *v, struct vtpu_error *err)
{
  unsigned n = (unsigned)v->m.nodes;
  v->links = calloc((size_t)n * n, sizeof *v->links);
  if (!v->links)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory for %u nodes", n);
  /* Breadth first from every node. */
  for (unsigned to = 0; to < n; to++) {
    uint8_t order[64], seen[64] = {0};
    unsigned head = 0, tail = 0;
    order[tail++] = (uint8_t)to;
    seen[to] = 1;
    while (head < tail) {
      unsigned at = order[head++];
      for (unsigned a = 0; a < n; a++) {
        if (seen[a] || !neighbours(v, a, at))
          continue;
        seen[a] = 1;
        link_at(v, a, to)->hops = (uint8_t)(link_at(v, at, to)->hops + 1);
        order[tail++] = (uint8_t)a;
      }
    }
    /* Of equally short ways the one over the lowest neighbour. */
    for (unsigned a = 0; a < n; a++)
      for (unsigned next = n; a != to && next-- > 0;)
        if (neighbours(v, a, next) && link_at(v, next, to)->hops + 1 == link_at(v, a, to)->hops)
          link_at(v, a, to)->next = (uint8_t)next;
  }
  return 0;
}

void network_free(struct vtpu *v)
{
  free(v->links);
}

/* Time that 32 bytes occupy a link, in 1/256 cycle. */
static uint64_t link_slot(const struct vtpu *v)
{
  return v->m.link_bandwidth > 0
             ? (uint64_t)(M_BYTES * 256 * v->m.clock / v->m.link_bandwidth + 0.5)
             : 0;
}

unsigned network_hops(const struct vtpu *v, unsigned from, unsigned to)
{
  return link_at(v, from, to)->hops;
}

cycle_t network_unloaded(const struct vtpu *v, unsigned from, unsigned to)
{
  uint64_t one = (link_slot(v) + 255) / 256 + (uint64_t)v->m.link_latency;
  return network_hops(v, from, to) * one;
}

cycle_t network_send(struct vtpu *v, unsigned from, unsigned to, cycle_t t)
{
  while (from != to) {
    unsigned next = link_at(v, from, to)->next;
    struct link *l = link_at(v, from, next);
    cycle_t start = t * 256 > l->free ? t * 256 : l->free;
    l->free = start + link_slot(v);
    t = (l->free + 255) / 256 + (cycle_t)v->m.link_latency;
    from = next;
  }
  return t;
}
