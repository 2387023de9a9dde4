/* Phext space outlives sentrons: saving and loading it (architecture, section 4, "Regions").
 *
 * File, little-endian: magic "VTPUPHX\n", u32 version (1), u32 number of regions. Then, a region:
 * name[48], u16 node, u16 kind, u16 core, u16 zero, lo (16 bytes), u16 extent[11], u16 zero,
 * u64 bytes, u32 crc32 of the content, u32 crc32 of this header up to here; the content in frame
 * order.
 */
#include "sim/engine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

struct region_header {
  char name[OBJECT_NAME_BYTES];
  uint16_t node, kind, core, zero;
  struct coord lo;
  uint16_t extent[COORD_DIMS], zero2;
  uint64_t bytes;
  uint32_t content_crc, header_crc;
};
_Static_assert(sizeof(struct region_header) == 112, "written as it lies in memory");

static const char magic[8] = "VTPUPHX\n";

static uint32_t crc_of(const void *bytes, uint64_t count)
{
  uLong crc = crc32(0, NULL, 0);
  const uint8_t *at = bytes;
  while (count) {
    uInt n = count > 1u << 30 ? 1u << 30 : (uInt)count;
    crc = crc32(crc, at, n);
    at += n;
    count -= n;
  }
  return (uint32_t)crc;
}

static struct region_header header_of(const struct ppt_region *r, unsigned node)
{
  struct region_header h;
  memset(&h, 0, sizeof h);
  snprintf(h.name, sizeof h.name, "%s", r->origin ? r->origin->name : "");
  h.node = (uint16_t)node;
  h.kind = (uint16_t)r->kind;
  h.core = (uint16_t)r->core;
  h.lo = r->lo;
  memcpy(h.extent, r->extent, sizeof h.extent);
  h.bytes = r->pages * PAGE_BYTES;
  h.content_crc = crc_of(r->data, h.bytes);
  h.header_crc = crc_of(&h, offsetof(struct region_header, header_crc));
  return h;
}

static bool wanted(const struct ppt_region *r, const char *name)
{
  return !r->freed && (!name || (r->origin && strcmp(r->origin->name, name) == 0));
}

int vtpu_save_phext(const struct vtpu *v, const char *path, const char *region,
                    struct vtpu_error *err)
{
  uint32_t count = 0, version = 1;
  for (int64_t n = 0; n < v->m.nodes; n++)
    for (size_t i = 0; i < v->nodes[n].ppt.count; i++)
      count += wanted(v->nodes[n].ppt.regions[i], region);
  if (region && !count)
    return vtpu_fail(err, VTPU_USAGE, "there is no region %s", region);
  FILE *f = fopen(path, "wb");
  if (!f)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: cannot write: %s", path, strerror(errno));
  bool good =
      fwrite(magic, 8, 1, f) == 1 && fwrite(&version, 4, 1, f) == 1 && fwrite(&count, 4, 1, f) == 1;
  for (int64_t n = 0; n < v->m.nodes; n++)
    for (size_t i = 0; good && i < v->nodes[n].ppt.count; i++) {
      const struct ppt_region *r = v->nodes[n].ppt.regions[i];
      if (!wanted(r, region))
        continue;
      struct region_header h = header_of(r, (unsigned)n);
      good = fwrite(&h, sizeof h, 1, f) == 1 && fwrite(r->data, h.bytes, 1, f) == 1;
    }
  int problem = errno;
  if (fclose(f) != 0) {
    problem = errno;
    good = false;
  }
  if (!good) {
    remove(path);
    return vtpu_fail(err, VTPU_SYSTEM, "%s: cannot write: %s", path, strerror(problem));
  }
  return 0;
}

static struct ppt_region *same_box(const struct vtpu *v, const struct region_header *h)
{
  if (h->node >= v->m.nodes)
    return NULL;
  const struct ppt *ppt = &v->nodes[h->node].ppt;
  for (size_t i = 0; i < ppt->count; i++) {
    struct ppt_region *r = ppt->regions[i];
    if (!r->freed && r->kind == (enum region_kind)h->kind && r->core == h->core &&
        r->lo.lo == h->lo.lo && r->lo.hi == h->lo.hi &&
        memcmp(r->extent, h->extent, sizeof r->extent) == 0)
      return r;
  }
  return NULL;
}

int vtpu_load_phext(struct vtpu *v, const char *path, struct vtpu_error *err)
{
  FILE *f = fopen(path, "rb");
  if (!f)
    return vtpu_fail(err, VTPU_INPUT, "%s: cannot read: %s", path, strerror(errno));
  char found[8];
  uint32_t version, count;
  int bad = 0;
  if (fread(found, 8, 1, f) != 1 || memcmp(found, magic, 8) != 0 || fread(&version, 4, 1, f) != 1 ||
      version != 1 || fread(&count, 4, 1, f) != 1)
    bad =
        vtpu_fail(err, VTPU_INPUT,
                  "%s: not a phext file of version 1\n  make one with vtpu run --dump-phext", path);
  for (uint32_t i = 0; !bad && i < count; i++) {
    struct region_header h;
    long at = ftell(f);
    if (fread(&h, sizeof h, 1, f) != 1 ||
        crc_of(&h, offsetof(struct region_header, header_crc)) != h.header_crc) {
      bad =
          vtpu_fail(err, VTPU_INPUT, "%s: byte %ld: region %u is damaged or cut off", path, at, i);
      break;
    }
    struct ppt_region *r = same_box(v, &h);
    if (!r || h.bytes != r->pages * PAGE_BYTES) {
      bad = vtpu_fail(err, VTPU_INPUT,
                      "%s: byte %ld: region %.*s has no region of the same kind and box in this "
                      "program",
                      path, at, OBJECT_NAME_BYTES, h.name);
      break;
    }
    uint8_t *content = malloc(h.bytes);
    if (!content) {
      bad = vtpu_fail(err, VTPU_SYSTEM, "out of memory for %s", path);
    } else if (fread(content, h.bytes, 1, f) != 1 || crc_of(content, h.bytes) != h.content_crc) {
      bad = vtpu_fail(err, VTPU_INPUT, "%s: the content of region %.*s is damaged or cut off", path,
                      OBJECT_NAME_BYTES, h.name);
    } else if (r->mapped) {
      memcpy(r->data, content, h.bytes);
    } else if (memcmp(r->data, content, h.bytes) != 0) {
      bad = vtpu_fail(err, VTPU_INPUT, "%s: rom region %.*s differs from the program's", path,
                      OBJECT_NAME_BYTES, h.name);
    }
    free(content);
  }
  fclose(f);
  return bad;
}
