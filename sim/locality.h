/* What other PTCs would make of a run: hit rates of many geometries from one pass over the stream
 * of translations (vtpu.h, struct vtpu_access).
 *
 *   struct locality *l;                   locality_new(&machine, &object, &l, &err);
 *   struct vtpu_options options = {.access = locality_access, .access_user = l};
 *   ... vtpu_new(&machine, &object, &options, ...), vtpu_run(...) ...
 *   locality_check(l, &err);              locality_at(l, PTC_PAGE, false, 1024, 4);
 *
 * Every PTC has LRU replacement; its set is the key folded by xor (architecture, section 4). So one
 * LRU stack of all keys gives every fully associative size at once (Mattson, Gecsei, Slutz and
 * Traiger 1970), and one stack a set gives every associativity with that number of sets (Hill and
 * Smith 1989). Each core has its own PTC; results are sums over cores. At its own geometry the
 * result is the engine's own count, to the unit, as long as the program does not itself change
 * what the PTC holds (SPREFCH, SFREE).
 *
 * Keys are taken at both granularities: pages and coordinates. The machine's curve is the order of
 * cells in a page, so it can matter only to coordinates.
 *
 * The prefetch that is modelled: when a core turns from one key to another, the key that follows
 * along the linear axis is brought into the PTC as well, if a region of the object holds it (not
 * one of SALLOC), at no cost of time; the key in use stays the youngest. It counts in `walks`,
 * never as a hit. That is the most that a next-page prefetcher can do: one whose walks are late
 * does less.
 */
#ifndef VTPU_SIM_LOCALITY_H
#define VTPU_SIM_LOCALITY_H

#include "sim/vtpu.h"

#ifdef __cplusplus
extern "C" {
#endif

struct locality;

/* Geometries other than fully associative: 1 to LOCALITY_WAYS ways, and from 2^LOCALITY_SETS_LEAST
 * to 2^LOCALITY_SETS_MOST sets. */
enum { LOCALITY_WAYS = 8, LOCALITY_SETS_LEAST = 3, LOCALITY_SETS_MOST = 12 };
enum { LOCALITY_FULL = 0 }; /* `ways` of a fully associative PTC */

/* The object must outlive the handle. */
int locality_new(const struct machine *m, const struct object *o, struct locality **out,
                 struct vtpu_error *err);
void locality_free(struct locality *l);

/* A vtpu_access_fn; user is the struct locality. */
void locality_access(void *user, const struct vtpu_access *access);

/* VTPU_SYSTEM if memory ran out during the run: the counts are then incomplete. */
int locality_check(const struct locality *l, struct vtpu_error *err);

struct locality_point {
  uint64_t hits;
  uint64_t walks; /* misses, and prefetches that brought something in */
};
/* What PTCs of this geometry would have done. entries / ways must be a number of sets as above. */
struct locality_point locality_at(const struct locality *l, enum ptc_granularity granularity,
                                  bool prefetch, unsigned entries, unsigned ways);

uint64_t locality_accesses(const struct locality *l);
/* Accesses that hit in the machine's own PTCs. */
uint64_t locality_engine_hits(const struct locality *l);
/* Different keys, summed over cores: the misses that no size avoids. */
uint64_t locality_keys(const struct locality *l, enum ptc_granularity granularity);
/* Cores that accessed memory. */
unsigned locality_cores(const struct locality *l);
/* The fewest entries of fully associative PTCs that hit at least this share of the accesses, or 0
 * if no size does. */
unsigned locality_entries_for(const struct locality *l, enum ptc_granularity granularity,
                              bool prefetch, double hit_rate);

#ifdef __cplusplus
}
#endif
#endif
