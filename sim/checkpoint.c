/* Checkpoint and resume: the order of sections, and what the run was made from. See checkpoint.h.
 */
#include "sim/checkpoint.h"

#include <string.h>

int checkpoint_section(struct checkpoint *k, const char *kind, unsigned number, section_fn *content)
{
  struct stream *s = &k->s;
  s->size = s->at = 0;
  int bad = s->save ? 0 : checkpoint_read(&k->file, kind, number, s, k->err);
  if (!bad)
    bad = content(k, number);
  if (bad)
    return bad;
  if (s->save)
    return checkpoint_write(&k->file, kind, number, s, k->err);
  return s->bad || s->at != s->size ? checkpoint_damaged(&k->file, k->err) : 0;
}

/* --- what the run was made from -----------------------------------------------------------------
 */

static int machine_section(struct checkpoint *k, unsigned number)
{
  (void)number;
  char differs[1024];
  size_t used = 0;
  unsigned count = 0;
  struct machine was = k->v->m;
  for (int i = 0; i < machine_param_count; i++) {
    const struct param_info *p = &machine_params[i];
    uint64_t here, there; /* int64_t or double */
    memcpy(&here, (const char *)&k->v->m + p->offset, sizeof here);
    there = here;
    STREAM(&k->s, there);
    if (there == here || k->s.bad)
      continue;
    memcpy((char *)&was + p->offset, &there, sizeof there);
    char a[PARAM_TEXT_BYTES], b[PARAM_TEXT_BYTES];
    bool word = p->kind == PARAM_WORD && (there > (uint64_t)p->most);
    if (count++ < 4)
      used += (size_t)snprintf(
          differs + used, sizeof differs - used, "%s%s (%s there, %s here)", used ? ", " : "",
          p->name, word ? "?" : machine_value_text(&was, p, a), machine_value_text(&k->v->m, p, b));
  }
  if (count == 0 || k->s.bad)
    return 0;
  return vtpu_fail(k->err, VTPU_INPUT,
                   "%s: the checkpoint is of another machine: %s%s\n"
                   "  resume with the same --machine, --set and --untimed",
                   k->file.path, differs, count > 4 ? ", ..." : "");
}

/* Parts of an object that decide what happens, as lists of fields without padding and names. */
enum object_part { CODE, SENTRONS, INITS, REGIONS, DATA, GROUPS, HOSTS, MARKS, OBJECT_PARTS };
static const char *const part_names[OBJECT_PARTS] = {
    "code", "sentrons", "initial registers", "regions", "data", "groups", "host steps", "marks"};

static void list_part(struct stream *s, struct object *o, enum object_part part)
{
  switch (part) {
  case CODE: stream_bytes(s, o->code, o->siw_count * sizeof *o->code); break;
  case SENTRONS:
    for (struct object_sentron *x = o->sentrons; x < o->sentrons + o->sentron_count; x++) {
      STREAM(s, x->node), STREAM(s, x->id), STREAM(s, x->start);
      STREAM(s, x->entry), STREAM(s, x->end), STREAM(s, x->home);
    }
    break;
  case INITS:
    for (struct object_init *x = o->inits; x < o->inits + o->init_count; x++) {
      STREAM(s, x->sentron), STREAM(s, x->file), STREAM(s, x->index);
      stream_bytes(s, x->bytes,
                   x->file == FILE_R   ? o->dlen / 8
                   : x->file == FILE_M ? M_BYTES
                                       : sizeof(struct coord));
    }
    break;
  case REGIONS:
    for (struct object_region *x = o->regions; x < o->regions + o->region_count; x++) {
      STREAM(s, x->kind), STREAM(s, x->node), STREAM(s, x->core);
      STREAM(s, x->lo), STREAM(s, x->extent);
    }
    break;
  case DATA:
    for (struct object_data *x = o->data; x < o->data + o->data_count; x++) {
      uint32_t crc = checkpoint_crc(x->content, x->bytes);
      STREAM(s, x->region), STREAM(s, x->start), STREAM(s, x->bytes), STREAM(s, crc);
    }
    break;
  case GROUPS:
    for (struct object_group *x = o->groups; x < o->groups + o->group_count; x++) {
      STREAM(s, x->id), STREAM(s, x->node), STREAM(s, x->count);
      stream_bytes(s, x->members, x->count);
    }
    break;
  case HOSTS:
    for (struct object_host *x = o->hosts; x < o->hosts + o->host_count; x++) {
      STREAM(s, x->kind), STREAM(s, x->coord), STREAM(s, x->value);
      STREAM(s, x->sentron), STREAM(s, x->index);
    }
    break;
  case MARKS:
    for (struct object_mark *x = o->marks; x < o->marks + o->mark_count; x++)
      STREAM(s, x->first), STREAM(s, x->last);
    break;
  case OBJECT_PARTS: break;
  }
}

static int object_section(struct checkpoint *k, unsigned number)
{
  (void)number;
  struct object o = *k->v->object; /* the lists are only read */
  for (int part = 0; part < OBJECT_PARTS; part++) {
    struct stream list = {.save = true};
    list_part(&list, &o, (enum object_part)part);
    uint32_t here = checkpoint_crc(list.bytes ? list.bytes : (uint8_t *)"", list.size);
    bool no_memory = list.out_of_memory;
    stream_free(&list);
    if (no_memory)
      return vtpu_fail(k->err, VTPU_SYSTEM, "%s: out of memory", k->file.path);
    uint32_t there = here;
    STREAM(&k->s, there);
    if (!k->s.bad && there != here)
      return vtpu_fail(k->err, VTPU_INPUT,
                       "%s: the checkpoint is of another program: its %s differ\n"
                       "  resume with the object file that was running",
                       k->file.path, part_names[part]);
  }
  return 0;
}

/* --- the whole ----------------------------------------------------------------------------------
 */

static int engine_section(struct checkpoint *k, unsigned number)
{
  (void)number;
  struct vtpu *v = k->v;
  struct stream *s = &k->s;
  const struct object *o = v->object;
  STREAM(s, v->now);
  STREAM(s, v->host_step);
  stream_bool(s, &v->phase_running);
  uint32_t steps = o->host_count ? o->host_count : 1, prints = 0;
  if (!stream_expect(s, v->host_step <= steps))
    return 0;
  for (uint32_t i = 0; i < v->host_step && i < o->host_count; i++)
    if (o->hosts[i].kind == HOST_PRINT) {
      v->host_values[prints].name = o->hosts[i].name;
      STREAM(s, v->host_values[prints].value);
      prints++;
    }
  v->host_value_count = prints;
  for (unsigned from = 0; from < (unsigned)v->m.nodes; from++)
    for (unsigned to = 0; to < (unsigned)v->m.nodes; to++)
      STREAM(s, *network_link_free(v, from, to));
  return 0;
}

/* --- saving and loading -------------------------------------------------------------------------
 */

/* What sizes the sections have in this build: another one may not read them. */
static uint32_t layout(void)
{
  struct stream s = {.save = true};
  uint32_t sizes[] = {STALL_COUNT, TIER_COUNT,  REG_COUNT,    R_BYTES_MAX,
                      P_COUNT,     M_COUNT,     M_BYTES,      L_COUNT,
                      GROUP_COUNT, ENTRIES_MAX, OBJECT_PARTS, SENTRONS_PER_NODE_MAX};
  STREAM(&s, sizes);
  for (int i = 0; i < machine_param_count; i++)
    stream_bytes(&s, (void *)(uintptr_t)machine_params[i].name, strlen(machine_params[i].name));
  uint32_t crc = s.out_of_memory ? 0 : checkpoint_crc(s.bytes, s.size);
  stream_free(&s);
  return crc;
}

static int all_sections(struct checkpoint *k)
{
  struct vtpu *v = k->v;
  int bad = checkpoint_section(k, "machine", 0, machine_section);
  if (!bad)
    bad = checkpoint_section(k, "object", 0, object_section);
  if (!bad)
    bad = checkpoint_section(k, "engine", 0, engine_section);
  for (unsigned n = 0; n < (unsigned)v->m.nodes && !bad; n++) {
    bad = checkpoint_section(k, "ppt", n, page_table_section);
    if (!bad)
      bad = checkpoint_pages(k, n);
    if (!bad)
      bad = checkpoint_section(k, "node", n, node_section);
  }
  for (unsigned i = 0; i < v->object->sentron_count && !bad; i++)
    bad = checkpoint_section(k, "sentron", i, sentron_section);
  for (unsigned i = 0; i < v->core_count && !bad; i++)
    bad = checkpoint_section(k, "core", i, core_section);
  return bad;
}

/* Runs all sections between opening and closing of the file. */
static int transfer(struct vtpu *v, bool save, const char *path, struct vtpu_error *err)
{
  struct checkpoint k = {.v = v, .s = {.save = save}, .err = err};
  size_t nodes = (size_t)v->m.nodes;
  k.regions = calloc(nodes, sizeof *k.regions);
  int bad = k.regions ? 0 : vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
  if (!bad)
    bad = save ? checkpoint_create(&k.file, path, layout(), vtpu_cycle(v), err)
               : checkpoint_open(&k.file, path, layout(), err);
  if (!bad)
    bad = all_sections(&k);
  if (!bad)
    bad = save ? checkpoint_commit(&k.file, err) : checkpoint_read_end(&k.file, err);
  checkpoint_close(&k.file);
  stream_free(&k.s);
  for (size_t n = 0; k.regions && n < nodes; n++)
    free(k.regions[n].region);
  free(k.regions);
  return bad;
}

int vtpu_checkpoint(const struct vtpu *v, const char *path, struct vtpu_error *err)
{
  if (v->failed)
    return vtpu_fail(err, VTPU_USAGE, "%s: the run has failed: there is nothing to resume", path);
  /* Saving only reads; the functions are the same as for loading. */
  return transfer((struct vtpu *)(uintptr_t)v, true, path, err);
}

int vtpu_resume(struct vtpu *v, const char *path, struct vtpu_error *err)
{
  if (v->failed || v->phase_running || v->host_step || v->now)
    return vtpu_fail(err, VTPU_USAGE, "%s: only a handle that has not run can resume", path);
  int bad = transfer(v, false, path, err);
  if (!bad)
    return 0;
  /* What has been loaded so far is no state: nothing may run or be counted from it. */
  v->failed = true;
  v->phase_running = false;
  v->host_value_count = 0;
  for (uint32_t i = 0; i < v->object->sentron_count; i++) {
    v->contexts[i].life = LIFE_DORMANT;
    v->contexts[i].issued = false;
  }
  return bad;
}
