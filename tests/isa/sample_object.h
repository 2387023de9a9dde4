/* One small object with a record of every kind, to be changed and checked. */
#ifndef VTPU_TESTS_ISA_SAMPLE_OBJECT_H
#define VTPU_TESTS_ISA_SAMPLE_OBJECT_H

#include "isa/object.h"

/* Code of the sample (DLEN 512):
 *   0  CLOOP l0, 4        6  DBR
 *   1  CLOOP l1, 2        7  CSPAWN
 *   2  DMOV r1            8  SGATHER [immediate]
 *   3  DADD r2, r1  :l1   9  CHALT
 *   4  -                 10  CLOOP l0, 1
 *   5  -            :l0  11  -            :l0
 */
enum { SAMPLE_SIWS = 12, SAMPLE_LOOP0_END = 5, SAMPLE_LOOP1_END = 3 };

/* A fresh copy at each call (static memory, also its arrays): legal, all counts > 0. */
struct object *sample_object(void);
/* The sample's code as bundles, fresh at each call; sample_encode makes code of it (with right
 * dependence bytes) and puts it into the object. */
struct bundle *sample_bundles(void);
void sample_encode(struct object *o, struct bundle bundles[SAMPLE_SIWS]);

/* Computes the CRC of each section that lies in the file anew. */
void sample_repair_crc(uint8_t *bytes, size_t size);

#endif
