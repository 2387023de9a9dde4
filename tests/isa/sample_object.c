/* The sample object: see sample_object.h. */
#include "tests/isa/sample_object.h"
#include "tests/harness/harness.h"

#include <string.h>
#include <zlib.h>

struct bundle *sample_bundles(void)
{
  static struct bundle b[SAMPLE_SIWS];
  memset(b, 0, sizeof b);
  b[0].slot[PIPE_C] = (struct slot){.op = OP_CLOOP, .rd = 0, .imm = 4, .end = SAMPLE_LOOP0_END};
  b[1].slot[PIPE_C] = (struct slot){.op = OP_CLOOP, .rd = 1, .imm = 2, .end = SAMPLE_LOOP1_END};
  b[2].slot[PIPE_D] = (struct slot){.op = OP_DMOVI, .type = ELEM_F32, .rd = 1, .imm = 0x3f800000};
  b[3].slot[PIPE_D] = (struct slot){.op = OP_DADD, .type = ELEM_F32, .rd = 2, .rs1 = 1, .rs2 = 2};
  b[3].loop_ends = 1 << 1;
  b[5].loop_ends = 1 << 0;
  b[6].slot[PIPE_D] = (struct slot){.op = OP_DBR, .rs1 = 2, .b1 = 16, .imm = 2};
  b[7].slot[PIPE_C] = (struct slot){.op = OP_CSPAWN, .peer = 9, .imm = 10};
  b[8].slot[PIPE_S] = (struct slot){.op = OP_SGATHER, .rd = 3, .imc = 1, .width = 64};
  b[8].coord = (struct coord){4, 0};
  b[9].slot[PIPE_C] = (struct slot){.op = OP_CHALT};
  b[10].slot[PIPE_C] = (struct slot){.op = OP_CLOOP, .rd = 0, .imm = 1, .end = 11};
  b[11].loop_ends = 1 << 0;
  return b;
}

void sample_encode(struct object *o, struct bundle bundles[SAMPLE_SIWS])
{
  bundle_set_deps(bundles, SAMPLE_SIWS);
  for (int k = 0; k < SAMPLE_SIWS; k++) {
    struct vtpu_error err;
    if (siw_encode(&bundles[k], &o->code[k], &err))
      T_FAIL("SIW %d: %s", k, err.message);
  }
}

struct object *sample_object(void)
{
  static struct siw code[SAMPLE_SIWS];
  static struct object_sentron sentrons[3];
  static struct object_init inits[3];
  static struct object_region regions[3];
  static struct object_data data[3];
  static struct object_group groups[2];
  static struct object_host hosts[4];
  static struct object_mark marks[2];
  static struct object_symbol symbols[2];
  static struct object o;
  static uint8_t weights[100], trits[64];
  static const uint8_t words[] = "words";

  memset(sentrons, 0, sizeof sentrons);
  memset(inits, 0, sizeof inits);
  memset(regions, 0, sizeof regions);
  memset(data, 0, sizeof data);
  memset(groups, 0, sizeof groups);
  memset(hosts, 0, sizeof hosts);
  memset(marks, 0, sizeof marks);
  memset(symbols, 0, sizeof symbols);

  sentrons[0] = (struct object_sentron){
      .name = "alice", .id = 0, .start = true, .entry = 0, .end = 10, .home = {1, 0}};
  sentrons[1] = (struct object_sentron){.name = "bob", .id = 9, .entry = 10, .end = 12};
  sentrons[2] = (struct object_sentron){.name = "carol", .node = 1, .start = true, .end = 12};
  inits[0] = (struct object_init){.sentron = 0, .file = FILE_R, .index = 15};
  memset(inits[0].bytes, 0x5a, 64);
  inits[1] = (struct object_init){.sentron = 1, .file = FILE_P, .index = 7, .bytes = {1}};
  inits[2] = (struct object_init){.sentron = 1, .file = FILE_M, .index = 3, .bytes = {[31] = 2}};
  for (int i = 0; i < 3; i++)
    for (int d = 0; d < COORD_DIMS; d++)
      regions[i].extent[d] = 1;
  strcpy(regions[0].name, "weights");
  regions[0].kind = REGION_ROM;
  regions[0].node = REGION_ALL_NODES;
  regions[0].extent[0] = 3;
  strcpy(regions[1].name, "scratch");
  regions[1].kind = REGION_PRIVATE;
  regions[1].core = 1;
  regions[1].lo = coord_with_dim((struct coord){0, 0}, 10, 5);
  strcpy(regions[2].name, "mail");
  regions[2].kind = REGION_SHARED;
  regions[2].lo = coord_with_dim((struct coord){0, 0}, 0, 12);
  for (int i = 0; i < 100; i++)
    weights[i] = (uint8_t)(i * 37);
  for (int i = 0; i < 64; i++)
    trits[i] = i % 2 ? 0x98 : 0x21; /* 10 01 10 00, 00 10 00 01 */
  data[0] = (struct object_data){.region = 0, .bytes = 100, .content = weights};
  data[1] = (struct object_data){.region = 0, .ternary = true, .bytes = 64, .content = trits};
  data[1].start = coord_with_dim((struct coord){0, 0}, 0, 4);
  data[2] = (struct object_data){.region = 2, .bytes = 5, .content = words};
  data[2].start = coord_with_flags(regions[2].lo, 61);
  groups[0] = (struct object_group){.id = 3, .node = 0, .count = 2, .members = {0, 9}};
  groups[1] = (struct object_group){.id = 15, .node = REGION_ALL_NODES, .count = 1};
  hosts[0] = (struct object_host){.kind = HOST_WRITE, .coord = regions[2].lo, .value = 42};
  hosts[1] = (struct object_host){.kind = HOST_RUN, .value = 5};
  hosts[2] = (struct object_host){.kind = HOST_READ, .sentron = 1, .index = 15};
  hosts[3] = (struct object_host){.kind = HOST_PRINT, .coord = {8, 0}, .name = "answer"};
  marks[0] = (struct object_mark){.first = 0, .last = 5, .layer = -1, .kernel = "embed"};
  marks[1] = (struct object_mark){.first = 6, .last = 6, .layer = 27, .kernel = "attn.q"};
  symbols[0] = (struct object_symbol){.siw = 2, .name = "inner"};
  symbols[1] = (struct object_symbol){.siw = SAMPLE_SIWS, .name = "end"};
  o = (struct object){.dlen = 512,
                      .siw_count = SAMPLE_SIWS,
                      .code = code,
                      .sentron_count = 3,
                      .sentrons = sentrons,
                      .init_count = 3,
                      .inits = inits,
                      .region_count = 3,
                      .regions = regions,
                      .data_count = 3,
                      .data = data,
                      .group_count = 2,
                      .groups = groups,
                      .host_count = 4,
                      .hosts = hosts,
                      .mark_count = 2,
                      .marks = marks,
                      .symbol_count = 2,
                      .symbols = symbols};
  sample_encode(&o, sample_bundles());
  return &o;
}

void sample_repair_crc(uint8_t *bytes, size_t size)
{
  uint32_t count;
  memcpy(&count, bytes + 12, sizeof count);
  for (uint32_t i = 0; i < count && 16 + 32 * (i + 1) <= size; i++) {
    uint8_t *entry = bytes + 16 + 32 * i;
    uint64_t offset, length;
    memcpy(&offset, entry + 8, 8);
    memcpy(&length, entry + 16, 8);
    if (offset > size || length > size - offset)
      continue;
    uint32_t crc = (uint32_t)crc32_z(0, bytes + offset, length);
    memcpy(entry + 24, &crc, sizeof crc);
  }
}
