/* UTF-8: see utf8.h. */
#include "sim/utf8.h"

#include <stdint.h>
#include <string.h>

/* RFC 3629, section 4: the lead byte gives the length and the range of the second byte.
 *
 *   C2..DF            2   80..BF
 *   E0                3   A0..BF   (less would be overlong)
 *   E1..EC, EE, EF    3   80..BF
 *   ED                3   80..9F   (more would be a surrogate)
 *   F0                4   90..BF   (less would be overlong)
 *   F1..F3            4   80..BF
 *   F4                4   80..8F   (more would be beyond U+10FFFF)
 */
int utf8_character(const char *text, size_t bytes)
{
  if (bytes == 0)
    return -1;
  const uint8_t *b = (const uint8_t *)text;
  uint8_t lead = b[0], least = 0x80, most = 0xbf;
  int length;
  if (lead < 0x80)
    return 1;
  if (lead >= 0xc2 && lead <= 0xdf)
    length = 2;
  else if (lead >= 0xe0 && lead <= 0xef)
    length = 3;
  else if (lead >= 0xf0 && lead <= 0xf4)
    length = 4;
  else
    return 0;
  if (lead == 0xe0)
    least = 0xa0;
  else if (lead == 0xed)
    most = 0x9f;
  else if (lead == 0xf0)
    least = 0x90;
  else if (lead == 0xf4)
    most = 0x8f;
  for (int i = 1; i < length; i++) {
    if ((size_t)i == bytes)
      return -1;
    if (b[i] < least || b[i] > most)
      return 0;
    least = 0x80;
    most = 0xbf;
  }
  return length;
}

size_t utf8_whole(const char *text, size_t bytes)
{
  size_t at = 0;
  while (at < bytes) {
    int length = utf8_character(text + at, bytes - at);
    if (length < 0)
      break;
    at += length > 0 ? (size_t)length : 1;
  }
  return at;
}

size_t utf8_repair(const char *text, size_t bytes, char *out)
{
  size_t used = 0;
  for (size_t at = 0; at < bytes;) {
    int length = utf8_character(text + at, bytes - at);
    if (length > 0) {
      memcpy(out + used, text + at, (size_t)length);
      used += (size_t)length;
      at += (size_t)length;
    } else {
      memcpy(out + used, "\xef\xbf\xbd", 3);
      used += 3;
      at++;
    }
  }
  out[used] = '\0';
  return used;
}
