/* Helpers of the assembler's tests: see texts.h. */
#include "tests/asm/texts.h"

#include "asm/assemble.h"
#include "asm/disassemble.h"
#include "tests/harness/harness.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *text_of_file(const char *path, size_t *bytes)
{
  FILE *file = fopen(path, "rb");
  if (!file)
    return NULL;
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  char *text = malloc((size_t)size + 1);
  *bytes = text ? fread(text, 1, (size_t)size, file) : 0;
  fclose(file);
  if (text)
    text[*bytes] = 0;
  return text;
}

char *bytes_of_object(const struct object *o, size_t *bytes)
{
  struct vtpu_error err;
  const char *path = t_temp("object.siw");
  if (object_write(path, o, &err)) {
    T_FAIL("object_write: %s", err.message);
    return NULL;
  }
  return text_of_file(path, bytes);
}

char *text_of_object(const struct object *o, size_t *bytes)
{
  char *text = NULL;
  struct vtpu_error err;
  FILE *out = open_memstream(&text, bytes);
  int rc = disassemble(o, out, &err);
  fclose(out);
  if (rc == VTPU_OK)
    return text;
  T_FAIL("disassemble: %s", err.message);
  free(text);
  return NULL;
}

void check_round_trip(const char *what, const struct object *o)
{
  size_t text_bytes = 0, first_bytes = 0, second_bytes = 0;
  struct object back;
  struct vtpu_error err;
  char *text = text_of_object(o, &text_bytes);
  if (!text)
    return;
  if (assemble_text(what, text, text_bytes, &back, &err)) {
    T_FAIL("%s: its disassembly does not assemble: %s\n%.2000s", what, err.message, text);
    free(text);
    return;
  }
  char *first = bytes_of_object(o, &first_bytes), *second = bytes_of_object(&back, &second_bytes);
  if (!first || !second || first_bytes != second_bytes || memcmp(first, second, first_bytes))
    T_FAIL("%s: another object after disassembly and assembly\n%.2000s", what, text);
  free(first);
  free(second);
  free(text);
  object_free_parts(&back);
}

static const char *wanted_suffix;

static int has_suffix(const struct dirent *entry)
{
  size_t n = strlen(entry->d_name), s = strlen(wanted_suffix);
  return n > s && !strcmp(entry->d_name + n - s, wanted_suffix);
}

int each_file(const char *folder, const char *suffix,
              void (*visit)(const char *path, const char *name))
{
  char path[4096];
  struct dirent **entries;
  snprintf(path, sizeof path, "%s/%s", t_top(), folder);
  wanted_suffix = suffix;
  int count = scandir(path, &entries, has_suffix, alphasort);
  for (int i = 0; i < count; i++) {
    snprintf(path, sizeof path, "%s/%s/%s", t_top(), folder, entries[i]->d_name);
    visit(path, entries[i]->d_name);
    free(entries[i]);
  }
  if (count >= 0)
    free(entries);
  return count;
}

uint64_t random_next(struct random *r)
{
  r->state ^= r->state >> 12;
  r->state ^= r->state << 25;
  r->state ^= r->state >> 27;
  return r->state * UINT64_C(0x2545f4914f6cdd1d);
}

uint32_t random_below(struct random *r, uint32_t n)
{
  return (uint32_t)(random_next(r) >> 32) % n;
}
