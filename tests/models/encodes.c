/* What the tests of tokenizers share: see encodes.h. */
#include "tests/models/encodes.h"
#include "tests/harness/harness.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_ROOM = 1024, IDS_ROOM = 4096 };

int open_json(json_t *root, int vocab, struct tokenizer **t, struct vtpu_error *err)
{
  char folder[PATH_ROOM], path[PATH_ROOM + 32];
  snprintf(folder, sizeof folder, "%s", t_temp("tokenizer"));
  snprintf(path, sizeof path, "%s/tokenizer.json", folder);
  mkdir(folder, 0777);
  T_EQ(json_dump_file(root, path, 0), 0);
  json_decref(root);
  *err = (struct vtpu_error){0};
  return tokenizer_open(folder, vocab, t, err);
}

void encodes(const struct tokenizer *t, const char *text, const int *wants)
{
  int ids[IDS_ROOM], count = 0, n = 0;
  struct vtpu_error err = {0};
  if (!t)
    return;
  if (tokenizer_encode(t, text, ids, IDS_ROOM, &count, &err))
    T_FAIL("%s: %s", text, err.message);
  while (wants[n] >= 0)
    n++;
  bool same = n == count && memcmp(ids, wants, (size_t)n * sizeof *ids) == 0;
  if (same)
    return;
  char got[512] = "";
  for (int i = 0, at = 0; i < count && at < 500; i++)
    at += snprintf(got + at, sizeof got - (size_t)at, " %d", ids[i]);
  T_FAIL("\"%s\" gives%s", text, got);
}

int encodes_lines(const struct tokenizer *t, const char *texts_path, const char *ids_path,
                  const char *other, const char *other_ids)
{
  json_t *texts = json_load_file(texts_path, JSON_ALLOW_NUL, NULL), *text;
  FILE *f = fopen(ids_path, "r");
  size_t i;
  if (!texts || !f) {
    T_FAIL("cannot read %s or %s", texts_path, ids_path);
    return 0;
  }
  json_array_foreach(texts, i, text)
  {
    static char wants[1 << 16], got[1 << 16];
    int ids[IDS_ROOM], count, at = 0;
    struct vtpu_error err;
    if (!fgets(wants, sizeof wants, f))
      T_FAIL("no line for text %zu", i);
    wants[strcspn(wants, "\n")] = '\0';
    if (other && strcmp(json_string_value(text), other) == 0)
      strcpy(wants, other_ids);
    if (tokenizer_encode_bytes(t, json_string_value(text), json_string_length(text), ids, IDS_ROOM,
                               &count, &err))
      T_FAIL("%s", err.message);
    got[0] = '\0';
    for (int k = 0; k < count; k++)
      at += sprintf(got + at, k ? " %d" : "%d", ids[k]);
    T_EQ_STR(got, wants);
  }
  int n = (int)json_array_size(texts);
  json_decref(texts);
  fclose(f);
  return n;
}
