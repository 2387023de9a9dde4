/* Every field of the engine's structures, in order. This file no longer compiles when one is added
 * or taken away. Then decide whether a run's future or its statistics depend on it: if so, save it
 * (sim/checkpoint_state.c, sim/checkpoint_memory.c); if not, say why in sim/checkpoint.h. Then
 * change the list here.
 *
 * S(name) is a scalar, A(name) an array or a structure: a list is an initialiser with one element a
 * field, so that the compiler finds a missing one (-Wmissing-field-initializers).
 */
#include "sim/engine.h"
#include "tests/harness/harness.h"

/* clang-format off */
#define LIST_ppt_region(S, A) \
  S(kind) S(core) A(lo) A(extent) A(lo_dim) A(stride) A(fixed) A(fixed_at) A(varies) S(run) S(run_first) S(pages) S(first_frame) S(data) S(mapped) \
  S(freed) S(valid_from) S(origin)
#define LIST_ppt(S, A) \
  S(regions) S(count) S(room) S(last) A(foreseen) S(foreseen_lo) S(foreseen_hi) \
  S(trie) S(next_frame) S(frames) S(lazy)
#define LIST_ptc_entry(S, A) \
  S(klo) S(khi) S(stamp) S(fill) S(data) S(line) S(kind) S(foreign) S(region)
#define LIST_ptc(S, A) \
  S(entries) S(ways) S(set_bits) S(per_page) S(reference_hash) S(way0) S(clock)
#define LIST_tier(S, A) \
  S(sets) S(mask) S(bits) S(ways) S(tag_slots) S(stride) S(free) S(latency) S(interval)
#define LIST_place(S, A) S(lo) S(hi) A(hint)
#define LIST_psiw(S, A) \
  S(d) S(place) A(dop) S(c_imm) S(mark) S(kind) A(reg) S(s_gather) S(s_reg) S(s_at) S(s_width) S(plain_c) \
  S(c_rd) S(c_reg) S(d_latency) S(c_latency) S(ports) S(flags) S(loop_ends)
#define LIST_psiw_rest(S, A) \
  S(bundle) S(channel) S(reg_count) A(reg) S(d_code) S(s_code) S(c_code) S(s_p) S(s_imc) S(s_rs) \
  S(s_axis) S(s_ri) S(s_carry) S(c_rs) S(c_axis) S(c_flag) S(c_group) S(c_linear) S(c_part) S(quiet) S(s_imm) \
  S(d_latency) S(body) A(immediate)
#define LIST_message(S, A) S(arrive) S(credit) A(bytes)
/* And behind it the messages, an array without a size of its own. */
#define LIST_channel(S, A) \
  S(sender) S(receiver) S(latency) S(credit) S(arrive) S(sent) S(delivered) S(owed) S(held) S(send_at) \
  S(return_at) S(deliver_at) S(receive_at)
#define LIST_gathering(S, A) \
  S(members) S(arrived) S(group) S(code) S(mode) S(type) S(root) S(last) A(value) A(reg)
#define LIST_mark_counts(S, A) A(stack) A(hits) A(merges) A(written) S(ptc_misses) S(walks) S(sent) S(received)
#define LIST_hw_loop(S, A) S(start) S(end) S(remaining) S(active)
#define LIST_context(S, A) \
  A(r) A(snapshot_s) A(snapshot_c) A(ready) A(p) A(cause) A(arrive) S(code) S(rest) S(entered) \
  S(pc) S(code_first) S(code_end) S(last_pc) S(ended_by_pc) S(avail) S(hold) S(acc) S(last_issue) S(released) \
  S(memory_complete) S(sends_arrive) S(memory_bound) S(hold_cause) S(issued) S(fence_waits) \
  S(fence_sends) \
  S(life) S(pending) S(parcels) S(jump) S(step_lo) S(step_hi) S(hold_gathering) S(id) S(node_id) \
  S(global) S(object_index) S(core) S(origin) A(loop) A(m) A(group) S(to_local) S(to_node) \
  S(memos) S(marks) S(cycles_before) S(spawn_cycles) S(prefetches) S(prefetches_dropped) \
  S(phase_start) S(first_issue) A(trace_stall) S(trace_held) S(log) A(assoc) S(assoc_puts) A(dedup) \
  S(dedup_count)
#define LIST_arrival(S, A) \
  S(time) S(x) S(region) S(cell) S(line) S(owed) S(kind) S(reg) S(at) S(width) S(offset) S(hint) \
  S(keep) S(near) S(to_ddr) A(slot) S(mark) S(trace) S(log) A(value)
#define LIST_core(S, A) \
  A(l1) A(l2) S(rom_l3) A(ptc) A(ctx) S(number) S(contexts) S(node) S(key) S(s_closed) S(walker_free) \
  S(ptc_hit) S(fast_gathers) S(far_gathers) S(turns_known) S(turns_stale) S(turns_kept) \
  S(turn_contend) S(turn_first) S(scarce) S(entry_next) S(entries) S(queue_head) S(queue_count) \
  S(near_waits) A(turn) A(entry_free) A(queue) S(host_ptc_hits) S(host_ptc_misses)
#define LIST_node(S, A) \
  S(number) A(ppt) S(cores) S(l3) S(halves) S(l3_cores) S(ddr_free) S(ddr_reads) S(ddr_writes) \
  A(gather) A(core_of) A(order) S(limit) S(end) S(woken) S(running) S(stopped) A(fault) S(outbox) S(refunds) \
  S(outbox_count) \
  S(outbox_room) S(refund_count) S(refund_room) S(trace_head) S(trace_tail) S(trace_now)
#define LIST_vtpu(S, A) \
  A(m) S(object) A(large) S(bundles) S(nodes) S(cores) S(core_count) S(contexts) S(bytes) S(curve_index) \
  S(curve_cell) S(dense) S(core_run) S(stop) S(now) S(host_step) S(phase_running) S(failed) S(has_spawn) \
  S(ppt_changes) S(frees) S(untimed) S(ddr_slot) S(reach) S(links) S(trace) S(trace_user) S(trace_whole) \
  S(access) S(access_user) S(writer) S(host_log) S(logged) S(log_window) S(event) S(event_user) S(host_values) S(host_value_count) S(threads)
/* clang-format on */

struct field {
  const char *name;
  size_t offset, bytes;
};

/* In the order of the structure, with no gap that more than alignment could make. */
static void check(const char *structure, size_t bytes, const struct field *p, size_t count)
{
  size_t end = 0;
  for (size_t i = 0; i < count; i++) {
    if (p[i].offset < end || p[i].offset - end > 63)
      T_FAIL("struct %s: %s is not where the list has it", structure, p[i].name);
    end = p[i].offset + p[i].bytes;
  }
  if (end > bytes || bytes - end > 63)
    T_FAIL("struct %s: something comes after %s", structure, p[count - 1].name);
}

#define ZERO(name)  0,
#define ZEROS(name) {0},
#define FIELD(name) {#name, offsetof(it, name), sizeof(((it *)0)->name)},
#define STRUCTURE(s)                                                                               \
  T_TEST(checkpoint_fields, s)                                                                     \
  {                                                                                                \
    typedef struct s it;                                                                           \
    static const it complete = {LIST_##s(ZERO, ZEROS)};                                            \
    const struct field fields[] = {LIST_##s(FIELD, FIELD)};                                        \
    check(#s, sizeof complete, fields, sizeof fields / sizeof *fields);                            \
  }

/* {0} stands for arrays of arrays too. */
#pragma GCC diagnostic ignored "-Wmissing-braces"

STRUCTURE(ppt_region)
STRUCTURE(ppt)
STRUCTURE(ptc_entry)
STRUCTURE(ptc)
STRUCTURE(tier)
STRUCTURE(place)
STRUCTURE(psiw)
STRUCTURE(psiw_rest)
STRUCTURE(message)
STRUCTURE(channel)
STRUCTURE(gathering)
STRUCTURE(mark_counts)
STRUCTURE(hw_loop)
STRUCTURE(context)
STRUCTURE(arrival)
STRUCTURE(core)
STRUCTURE(node)
STRUCTURE(vtpu)
