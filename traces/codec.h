/* Records to bytes and back, for the writer and the reader only.
 *
 * Both sides keep the same predictions, made from the records before in the block; what comes as
 * predicted costs one zero byte, which zlib then packs by the hundred:
 *
 *   what     kind and sentron   as after the last record of the same kind, sentron and SIW
 *            SIW                as after the last SIW of this sentron, when it was that one before
 *            cycle              as far from the record before as the last time here
 *   fields   last value here + last difference here
 *   value    last value here
 *
 * "Here" is the kind, the SIW, and the number among records of this kind in a row (several results
 * of one SIW). A record:
 *
 *   byte 0   bit 0 kind and sentron differ: bytes kind, then node * 256 + sentron as a number
 *            bit 1 SIW differs: number, zigzag difference to the prediction
 *            bit 2 cycle differs: number, difference to the cycle before
 *            bit 3 length of the value differs: a byte
 *            bit 4 value differs: a byte with a bit for each 8-byte word that does; for each of
 *                  these a byte with a bit for each byte that does; these bytes
 *            bits 7..5 reserved; fields 0.. differ: see below
 *   numbers are little-endian base 128 (LEB128). Fields that differ: bit 5 set, then a byte with a
 *   bit for each, and for each a zigzag difference to the prediction.
 */
#ifndef VTPU_TRACES_CODEC_H
#define VTPU_TRACES_CODEC_H

#include "traces/trace.h"

/* The most bytes that a record takes: head, kind, sentron, SIW, cycle, fields, value. */
enum { CODEC_RECORD_MAX = 1 + 1 + 3 + 5 + 10 + 1 + 1 + 4 * 10 + 1 + 8 + 64 };

struct codec;
struct codec *codec_new(void); /* NULL: out of memory */
void codec_free(struct codec *c);
/* Forgets all predictions: at the start of a block. */
void codec_reset(struct codec *c);
/* Encodes at `out` (CODEC_RECORD_MAX bytes of room); bytes used. */
size_t codec_encode(struct codec *c, const struct trace_record *r, uint8_t *out);
/* Decodes from in[0..bytes); bytes used, 0 if they are no record. */
size_t codec_decode(struct codec *c, const uint8_t *in, size_t bytes, struct trace_record *out);

#endif
