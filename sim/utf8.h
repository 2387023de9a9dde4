/* UTF-8 at the edge of the tool: tokens may end inside a character, names in foreign files may be
 * no text at all, and neither a terminal nor JSON must be given half a character. */
#ifndef VTPU_SIM_UTF8_H
#define VTPU_SIM_UTF8_H

#include <stddef.h>

/* Bytes of the character at `text` (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF);
 * 0 if it is not valid; -1 if the `bytes` bytes are the valid beginning of a longer one. */
int utf8_character(const char *text, size_t bytes);

/* Length of the longest prefix that does not end inside a character. Bytes that are not UTF-8 count
 * as characters of their own. */
size_t utf8_whole(const char *text, size_t bytes);

/* Worst case of utf8_repair: every byte becomes U+FFFD (3 bytes). */
#define UTF8_REPAIRED_BYTES(bytes) (3 * (bytes) + 1)
/* Copies with every byte that is not part of a valid character replaced by U+FFFD; ends the copy
 * with a NUL and returns its length without it. out: UTF8_REPAIRED_BYTES(bytes). */
size_t utf8_repair(const char *text, size_t bytes, char *out);

#endif
