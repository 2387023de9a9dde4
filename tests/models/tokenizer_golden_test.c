/* Tokenizers against the encodings of other software; the tokenizer file of llama2.c. */
#include "models/model.h"
#include "tests/harness/harness.h"
#include "tests/models/encodes.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_ROOM = 1024 };

/* The words of Qwen2 and Qwen3. */
#define QWEN_WORDS                                                                                 \
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| "                            \
  "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"                                                                  \
  "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"

/* --- goldens of other software -------------------------------------------------------------------
 */

static json_t *qwen3_tokenizer(FILE *vocab_file, FILE *merges_file)
{
  enum { FIRST_ADDED = 151643, ADDED_END = 151669 };
  json_t *vocab = json_object(), *merges = json_array(), *added = json_array();
  char *line = NULL;
  size_t room = 0;
  for (int id = 0; id < ADDED_END && getline(&line, &room, vocab_file) > 0; id++) {
    line[strcspn(line, "\n")] = '\0';
    if (id < FIRST_ADDED)
      json_object_set_new(vocab, line, json_integer(id));
    else
      json_array_append_new(added, json_pack("{s:i, s:s, s:b, s:b}", "id", id, "content", line,
                                             "normalized", 0, "special", 1));
  }
  while (getline(&line, &room, merges_file) > 0) {
    line[strcspn(line, "\n")] = '\0';
    if (*line)
      json_array_append_new(merges, json_string(line));
  }
  free(line);
  return json_pack("{s:o, s:{s:s}, s:{s:s, s:[{s:s, s:{s:s}, s:s, s:b}, {s:s, s:b, s:b}]}, "
                   "s:{s:s, s:o, s:o}}",
                   "added_tokens", added, "normalizer", "type", "NFC", "pre_tokenizer", "type",
                   "Sequence", "pretokenizers", "type", "Split", "pattern", "Regex", QWEN_WORDS,
                   "behavior", "Isolated", "invert", 0, "type", "ByteLevel", "add_prefix_space", 0,
                   "use_regex", 0, "model", "type", "BPE", "vocab", vocab, "merges", merges);
}

T_TEST(tokenizer, qwen3_encodes_as_llamacpp_does)
{
  const char *vocab_path = t_shared("tokenizers/vocab.txt");
  if (!vocab_path)
    T_SKIP("no shared data: tokenizers");
  FILE *vocab = fopen(vocab_path, "r"), *merges = fopen(t_shared("tokenizers/merges.txt"), "r");
  T_REQUIRE(vocab && merges);
  json_t *root = qwen3_tokenizer(vocab, merges);
  fclose(vocab);
  fclose(merges);
  T_REQUIRE(root);
  struct tokenizer *t;
  struct vtpu_error err;
  if (open_json(root, 151936, &t, &err)) {
    T_FAIL("%s", err.message);
    return;
  }
  /* the one known difference: NFC comes first */
  T_EQ(encodes_lines(t, t_shared("tokenizers/texts.json"),
                     t_shared("tokenizers/qwen3_ids_llamacpp.txt"), "e\xCC\x81 combining",
                     "963 34171"),
       28);
  int bytes;
  const char *piece = tokenizer_piece(t, -1, 151644, &bytes);
  T_EQ(bytes, 12);
  T_EQ(memcmp(piece, "<|im_start|>", 12), 0);
  tokenizer_close(t);
}

/* The golden text is the pieces of the golden tokens. */
static void check_text(const struct tokenizer *t, int p)
{
  char name[64], text[8192], wants[8192];
  snprintf(name, sizeof name, "stories260K/p%d.steps.tsv", p);
  FILE *steps = fopen(t_shared(name), "r");
  snprintf(name, sizeof name, "stories260K/text_p%d.txt", p);
  FILE *golden = fopen(t_shared(name), "r");
  T_REQUIRE(steps && golden);
  size_t at = 0;
  int token, next, bytes;
  T_CHECK(fgets(text, sizeof text, steps) != NULL);
  while (fscanf(steps, "%*d %d %*d %*f %*d %*f %d", &token, &next) == 2 && next != 1) {
    const char *piece = tokenizer_piece(t, token, next, &bytes);
    memcpy(text + at, piece, (size_t)bytes);
    at += (size_t)bytes;
  }
  strcpy(text + at, "\n"); /* llama2.c ends its output with a newline */
  wants[fread(wants, 1, sizeof wants - 1, golden)] = '\0';
  T_CHECK(at > 100);
  T_EQ_STR(text, wants);
  fclose(steps);
  fclose(golden);
}

T_TEST(tokenizer, tok512_encodes_and_decodes_as_llama2c_does)
{
  const char *model = t_shared("stories260K/stories260K.bin");
  if (!model)
    T_SKIP("no shared data: stories260K");
  struct tokenizer *t;
  struct vtpu_error err;
  if (tokenizer_open(model, 512, &t, &err)) {
    T_FAIL("%s", err.message);
    return;
  }
  T_EQ(encodes_lines(t, t_shared("tokenizers/texts_llama2c.json"),
                     t_shared("tokenizers/tok512_ids_llama2c.txt"), NULL, NULL),
       15);
  for (int p = 0; p < 4; p++)
    check_text(t, p);
  tokenizer_close(t);
}

/* --- llama2.c without shared data
 * ------------------------------------------------------------------ */

enum { LLAMA2C_VOCAB = 259 + 7 };

/* <unk>, BOS, EOS, the bytes, then " ", "a", "b", "ab", "ba", "aba", " a"; changes one field. */
static void write_llama2c_tokenizer(const char *path, int bad_token, int bad_length, float score,
                                    int more)
{
  static const struct {
    const char *bytes;
    float score;
  } words[7] = {{" ", -9}, {"a", -9}, {"b", -9}, {"ab", -2}, {"ba", -2}, {"aba", -3}, {" a", -1}};
  FILE *f = fopen(path, "wb");
  T_REQUIRE(f);
  int longest = 6;
  fwrite(&longest, 4, 1, f);
  for (int id = 0; id < LLAMA2C_VOCAB + more; id++) {
    char text[16] = "<s>";
    float s = id == bad_token ? score : 0.0f;
    if (id >= 3 && id < 259)
      snprintf(text, sizeof text, "<0x%02X>", (unsigned)id - 3);
    if (id >= 259 && id < LLAMA2C_VOCAB) {
      snprintf(text, sizeof text, "%s", words[id - 259].bytes);
      s += words[id - 259].score;
    }
    int length = (int)strlen(text), told = id == bad_token && bad_length ? bad_length : length;
    fwrite(&s, 4, 1, f);
    fwrite(&told, 4, 1, f);
    fwrite(text, 1, (size_t)length, f);
  }
  fclose(f);
}

T_TEST(tokenizer, llama2c_merges_by_score)
{
  char model[PATH_ROOM];
  snprintf(model, sizeof model, "%s", t_temp("merges_by_score.bin"));
  struct tokenizer *t;
  struct vtpu_error err;
  T_EQ(tokenizer_open(model, LLAMA2C_VOCAB, &t, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "neither tok266.bin nor tokenizer.bin lies beside it");
  write_llama2c_tokenizer(t_temp("tok266.bin"), -1, 0, 0, 0);
  T_EQ(tokenizer_open(model, LLAMA2C_VOCAB, &t, &err), 0);
  T_REQUIRE(t);
  enum { SPACE = 259, A, B, A_B, B_A, ABA, SPACE_A };
  encodes(t, "", IDS(1));
  encodes(t, "bab", IDS(1, SPACE, B_A, B)); /* ba and ab score alike: leftmost */
  encodes(t, "a", IDS(1, SPACE_A));
  encodes(t, "baba", IDS(1, SPACE, B_A, B_A));
  encodes(t, "babaab", IDS(1, SPACE, B_A, B_A, A_B));
  encodes(t, "b\xC3\xA9\n", IDS(1, SPACE, B, 3 + 0xC3, 3 + 0xA9, 3 + 10));
  int bytes;
  T_EQ(*tokenizer_piece(t, 1, SPACE_A, &bytes), 'a');
  T_EQ(bytes, 1);
  T_EQ(*tokenizer_piece(t, B, SPACE_A, &bytes), ' ');
  T_EQ(bytes, 2);
  T_EQ(*tokenizer_piece(t, B, 3 + 0xC3, &bytes), (char)0xC3);
  T_EQ(bytes, 1);
  T_CHECK(tokenizer_piece(t, B, LLAMA2C_VOCAB, &bytes) == NULL);
  tokenizer_close(t);
}

static void rejects_llama2c(int bad_token, int bad_length, float score, int more,
                            const char *message)
{
  char path[PATH_ROOM];
  snprintf(path, sizeof path, "%s", t_temp("tok266.bin"));
  write_llama2c_tokenizer(path, bad_token, bad_length, score, more);
  struct tokenizer *t;
  struct vtpu_error err = {0};
  T_EQ(tokenizer_open(t_temp("model.bin"), LLAMA2C_VOCAB, &t, &err), VTPU_INPUT);
  T_CONTAINS(err.message, message);
  T_CHECK(t == NULL);
}

T_TEST(tokenizer, rejects_wrong_llama2c_files)
{
  rejects_llama2c(7, 100, 0, 0, "token 7 is 100 bytes long; the longest is said to be 6");
  rejects_llama2c(7, -1, 0, 0, "token 7 is -1 bytes long");
  rejects_llama2c(265, 5, 0, 0, "token 265 is 5 bytes long");
  rejects_llama2c(8, 0, 1e38f * 10, 0, "token 8 has no finite score");
  rejects_llama2c(-1, 0, 0, 1, "more follows after 266 tokens");
  rejects_llama2c(-1, 0, 0, -1, "the file ends at token 265 of 266");
}
