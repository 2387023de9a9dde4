/* The assembler meets damaged texts: whatever comes, it answers with an object or with an error
 * that has a place, and touches no memory that is not its own (seen under the sanitizers). */
#include "asm/assemble.h"
#include "tests/asm/texts.h"
#include "tests/harness/harness.h"

#include <stdlib.h>
#include <string.h>

enum { TEXTS_MAX = 200, ROOM = 1 << 16 };
static char *texts[TEXTS_MAX];
static size_t sizes[TEXTS_MAX];
static int count;

static void collect(const char *path, const char *name)
{
  (void)name;
  if (count < TEXTS_MAX && (texts[count] = text_of_file(path, &sizes[count])) &&
      sizes[count] < ROOM / 2)
    count++;
}

/* Large numbers may ask for gigabytes of data, which is legal but slow. */
static void shorten_numbers(char *text, size_t bytes)
{
  size_t digits = 0;
  for (size_t i = 0; i < bytes; i++) {
    digits = text[i] >= '0' && text[i] <= '9' ? digits + 1 : 0;
    if (digits > 4)
      text[i] = ' ';
  }
}

static size_t mutate(struct random *r, char *text, size_t bytes)
{
  static const char odd[] = "{}|[]().,:;#@*/+-=\"\\<>^&~%xX0\n\t \x80\xff";
  const char *other = texts[random_below(r, (uint32_t)count)];
  size_t other_bytes = strlen(other);
  size_t at = bytes ? random_below(r, (uint32_t)bytes) : 0;
  size_t n = 1 + random_below(r, 12);
  switch (random_below(r, 6)) {
  case 0: /* one byte */
    if (bytes)
      text[at] = (char)random_next(r);
    return bytes;
  case 1: /* one that means something */
    if (bytes)
      text[at] = odd[random_below(r, sizeof odd - 1)];
    return bytes;
  case 2: /* cut out */
    n = n < bytes - at ? n : bytes - at;
    memmove(text + at, text + at + n, bytes - at - n);
    return bytes - n;
  case 3: /* cut off */ return random_below(r, 8) ? bytes : at;
  default: { /* a piece of another text */
    size_t from = other_bytes ? random_below(r, (uint32_t)other_bytes) : 0;
    n = random_below(r, 4) ? n : 4 * n;
    n = n < other_bytes - from ? n : other_bytes - from;
    if (bytes + n > ROOM)
      return bytes;
    memmove(text + at + n, text + at, bytes - at);
    memcpy(text + at, other + from, n);
    return bytes + n;
  }
  }
}

T_TEST(fuzz, damaged_texts_are_refused_or_assembled)
{
  struct random r = {20260215};
  count = 0;
  each_file("asm/examples", ".s", collect);
  each_file("tests/asm/cases", ".s", collect);
  T_REQUIRE(count >= 20);
  int good = 0, bad = 0;
  for (int n = 0; n < 20000; n++) {
    int which = n % count;
    /* Exactly as long as the text, so that reading past its end is seen. */
    char *room = malloc(ROOM);
    size_t bytes = sizes[which];
    memcpy(room, texts[which], bytes);
    for (uint32_t changes = 1 + random_below(&r, 4); changes > 0; changes--)
      bytes = mutate(&r, room, bytes);
    shorten_numbers(room, bytes);
    char *text = malloc(bytes + (bytes == 0));
    memcpy(text, room, bytes);
    struct object o;
    struct vtpu_error err = {0};
    if (assemble_text("fuzz", text, bytes, &o, &err) == VTPU_OK) {
      good++;
      object_free_parts(&o);
    } else {
      bad++;
      if (strncmp(err.message, "fuzz:", 5) || err.category != VTPU_INPUT)
        T_FAIL("round %d: error without a place: %s", n, err.message);
    }
    free(text);
    free(room);
  }
  T_CHECK(good > 500);
  T_CHECK(bad > 5000);
  for (int i = 0; i < count; i++)
    free(texts[i]);
}
