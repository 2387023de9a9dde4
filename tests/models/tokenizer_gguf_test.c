/* The tokenizers of GGUF files: both kinds against other software's encodings, what the flags of
 * the metadata do, and what is refused. */
#include "tests/harness/harness.h"
#include "tests/models/encodes.h"
#include "tests/models/gguf_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_ROOM = 1024, I32 = 5, F32 = 6 };
enum { NORMAL = 1, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE };

static int open_file(const struct gguf_file *f, int vocab, struct tokenizer **t,
                     struct vtpu_error *err)
{
  char path[PATH_ROOM];
  snprintf(path, sizeof path, "%s", t_temp("tokenizer.gguf"));
  gguf_file_write(f, path);
  *err = (struct vtpu_error){0};
  return tokenizer_open(path, vocab, t, err);
}

/* Opens a file that must be good, and frees it. */
static struct tokenizer *opened(struct gguf_file f, int vocab)
{
  struct tokenizer *t;
  struct vtpu_error err;
  if (open_file(&f, vocab, &t, &err))
    T_FAIL("%s", err.message);
  gguf_file_free(&f);
  return t;
}

static void refused(struct gguf_file f, int vocab, enum vtpu_category category, const char *message)
{
  struct tokenizer *t;
  struct vtpu_error err;
  T_EQ(open_file(&f, vocab, &t, &err), category);
  T_CONTAINS(err.message, message);
  T_CHECK(t == NULL);
  gguf_file_free(&f);
}

static void prints(const struct tokenizer *t, int previous, int id, const char *wants)
{
  int bytes;
  const char *piece = tokenizer_piece(t, previous, id, &bytes);
  T_EQ(bytes, strlen(wants));
  T_CHECK(piece && memcmp(piece, wants, (size_t)bytes) == 0);
}

/* --- goldens of other software -----------------------------------------------------------------
 */

/* The lines of a file, ended by a NULL. */
static char **lines_of(const char *path, size_t *count)
{
  FILE *f = fopen(path, "r");
  char **lines = NULL, *line = NULL;
  size_t room = 0;
  *count = 0;
  while (f && getline(&line, &room, f) > 0) {
    line[strcspn(line, "\n")] = '\0';
    if ((*count & (*count + 1)) == 0) /* doubled at 0, 1, 3, 7, ...: room for one and the NULL */
      lines = realloc(lines, (2 * *count + 3) * sizeof *lines);
    lines[(*count)++] = strdup(line);
    lines[*count] = NULL;
  }
  free(line);
  if (f)
    fclose(f);
  return lines;
}

static void free_lines(char **lines)
{
  for (char **line = lines; line && *line; line++)
    free(*line);
  free(lines);
}

T_TEST(tokenizer_gguf, qwen3_encodes_as_llamacpp_does)
{
  enum { FIRST_ADDED = 151643, FIRST_USER_DEFINED = 151657, END = 151669, VOCAB = 151936 };
  if (!t_shared("tokenizers/vocab.txt"))
    T_SKIP("no shared data: tokenizers");
  size_t tokens, merges;
  char **vocab = lines_of(t_shared("tokenizers/vocab.txt"), &tokens);
  char **pairs = lines_of(t_shared("tokenizers/merges.txt"), &merges);
  T_REQUIRE(tokens >= END && merges > 100000);
  int *types = malloc(VOCAB * sizeof *types);
  for (int id = 0; id < VOCAB; id++)
    types[id] = id < FIRST_ADDED          ? NORMAL
                : id < FIRST_USER_DEFINED ? CONTROL
                : id < END                ? USER_DEFINED
                                          : UNUSED;
  struct gguf_file f = gguf_file_new();
  gguf_put_string(&f, "tokenizer.ggml.model", "gpt2");
  gguf_put_string(&f, "tokenizer.ggml.pre", "qwen2");
  gguf_put_strings(&f, "tokenizer.ggml.tokens", (const char *const *)vocab, END);
  gguf_put_array(&f, "tokenizer.ggml.token_type", I32, types, END);
  gguf_put_strings(&f, "tokenizer.ggml.merges", (const char *const *)pairs, merges);
  gguf_put_int(&f, "tokenizer.ggml.eos_token_id", 151645);
  gguf_put_int(&f, "tokenizer.ggml.bos_token_id", 151643);
  gguf_put_bool(&f, "tokenizer.ggml.add_bos_token", false);
  struct tokenizer *t = opened(f, VOCAB);
  T_REQUIRE(t);
  /* no NFC here: also the text that Hugging Face encodes otherwise is llama.cpp's */
  T_EQ(encodes_lines(t, t_shared("tokenizers/texts.json"),
                     t_shared("tokenizers/qwen3_ids_llamacpp.txt"), NULL, NULL),
       28);
  prints(t, -1, 151644, "<|im_start|>");
  prints(t, -1, 151700, "");
  tokenizer_close(t);
  free_lines(vocab);
  free_lines(pairs);
  free(types);
}

/* llama2.c's tokenizer file as GGUF has it: U+2581 for a space, and types. */
static struct gguf_file tok512(FILE *in)
{
  enum { COUNT = 512 };
  static float scores[COUNT];
  static int types[COUNT];
  char *tokens[COUNT];
  int longest;
  T_CHECK(fread(&longest, 4, 1, in) == 1);
  for (int id = 0; id < COUNT; id++) {
    int length, n = 0;
    char text[512];
    T_CHECK(fread(&scores[id], 4, 1, in) == 1 && fread(&length, 4, 1, in) == 1);
    T_CHECK(fread(text, 1, (size_t)length, in) == (size_t)length);
    tokens[id] = calloc(1, 3 * (size_t)length + 1);
    for (int i = 0; i < length; i++)
      n += sprintf(tokens[id] + n, text[i] == ' ' ? "\xE2\x96\x81" : "%c", text[i]);
    types[id] = id == 0 ? UNKNOWN : id < 3 ? CONTROL : id < 259 ? BYTE : NORMAL;
    if (types[id] == CONTROL)
      snprintf(tokens[id], 5, id == 1 ? "<s>" : "</s>");
  }
  struct gguf_file f = gguf_file_new();
  gguf_put_string(&f, "tokenizer.ggml.model", "llama");
  gguf_put_strings(&f, "tokenizer.ggml.tokens", (const char *const *)tokens, COUNT);
  gguf_put_array(&f, "tokenizer.ggml.scores", F32, scores, COUNT);
  gguf_put_array(&f, "tokenizer.ggml.token_type", I32, types, COUNT);
  for (int id = 0; id < COUNT; id++)
    free(tokens[id]);
  return f;
}

T_TEST(tokenizer_gguf, tok512_encodes_as_llama2c_does)
{
  const char *path = t_shared("stories260K/tok512.bin");
  if (!path)
    T_SKIP("no shared data: stories260K");
  FILE *in = fopen(path, "rb");
  T_REQUIRE(in);
  struct tokenizer *t = opened(tok512(in), 512), *other;
  struct vtpu_error err;
  fclose(in);
  T_REQUIRE(t);
  T_EQ(encodes_lines(t, t_shared("tokenizers/texts_llama2c.json"),
                     t_shared("tokenizers/tok512_ids_llama2c.txt"), NULL, NULL),
       15);
  T_REQUIRE(tokenizer_open(t_shared("stories260K/stories260K.bin"), 512, &other, &err) == 0);
  for (int id = 3; id < 512; id++) {
    int a, b;
    const char *x = tokenizer_piece(t, 1, id, &a), *y = tokenizer_piece(other, 1, id, &b);
    T_CHECK(a == b && memcmp(x, y, (size_t)a) == 0);
  }
  tokenizer_close(t);
  tokenizer_close(other);
}

/* --- SentencePiece by hand ---------------------------------------------------------------------
 */

enum { UNK, BOS, EOS, BYTE_A9, SPACE, A, B, A_B, SPACE_A, E_A, TOOL, PAD, SPM_COUNT };

/* e with acute (C3 A9) is no token, but "e-acute a" is one. */
static const char *const spm_tokens[SPM_COUNT] = {"<unk>",
                                                  "<s>",
                                                  "</s>",
                                                  "<0xA9>",
                                                  "\xE2\x96\x81",
                                                  "a",
                                                  "b",
                                                  "ab",
                                                  "\xE2\x96\x81"
                                                  "a",
                                                  "\xC3\xA9"
                                                  "a",
                                                  "<tool>",
                                                  "pad"};
static const float spm_scores[SPM_COUNT] = {0, 0, 0, 0, -9, -9, -9, -2, -1, -3, 0, 0};
static const int spm_types[SPM_COUNT] = {UNKNOWN, CONTROL, CONTROL, BYTE,   NORMAL,       NORMAL,
                                         NORMAL,  NORMAL,  NORMAL,  NORMAL, USER_DEFINED, UNUSED};

static struct gguf_file spm_file(void)
{
  struct gguf_file f = gguf_file_new();
  gguf_put_string(&f, "tokenizer.ggml.model", "llama");
  gguf_put_strings(&f, "tokenizer.ggml.tokens", spm_tokens, SPM_COUNT);
  gguf_put_array(&f, "tokenizer.ggml.scores", F32, spm_scores, SPM_COUNT);
  gguf_put_array(&f, "tokenizer.ggml.token_type", I32, spm_types, SPM_COUNT);
  return f;
}

T_TEST(tokenizer_gguf, spm_merges_by_score)
{
  struct tokenizer *t = opened(spm_file(), 16);
  encodes(t, "", IDS(BOS));
  encodes(t, "ab", IDS(BOS, SPACE_A, B)); /* the space has the higher score */
  encodes(t, "bab", IDS(BOS, SPACE, B, A_B));
  encodes(t,
          "b\xE2\x96\x81"
          "ab a",
          IDS(BOS, SPACE, B, SPACE_A, B, SPACE_A));
  encodes(t,
          "b\xC3\xA9"
          "a",
          IDS(BOS, SPACE, B, E_A)); /* merged although a half is no token */
  encodes(t,
          "\xC3\xA9"
          "b",
          IDS(BOS, SPACE, UNK, BYTE_A9, B)); /* bytes, one of them without token */
  encodes(t, "pad", IDS(BOS, SPACE, UNK, A, UNK));
  T_REQUIRE(t);
  prints(t, BOS, SPACE_A, "a");
  prints(t, B, SPACE_A, " a");
  prints(t, B, BYTE_A9, "\xA9");
  prints(t, BOS, TOOL, "<tool>");
  prints(t, BOS, 15, ""); /* a row of the embedding without token */
  tokenizer_close(t);
}

T_TEST(tokenizer_gguf, added_tokens_are_cut_out_and_text_after_them_begins_again)
{
  struct tokenizer *t = opened(spm_file(), SPM_COUNT);
  encodes(t, "<tool>", IDS(BOS, TOOL));
  encodes(t, "a<tool>a</s>b", IDS(BOS, SPACE_A, TOOL, SPACE_A, EOS, SPACE, B));
  tokenizer_close(t);
}

T_TEST(tokenizer_gguf, flags_say_what_stands_around_a_text)
{
  struct gguf_file f = spm_file();
  gguf_put_bool(&f, "tokenizer.ggml.add_bos_token", false);
  gguf_put_bool(&f, "tokenizer.ggml.add_eos_token", true);
  gguf_put_bool(&f, "tokenizer.ggml.add_space_prefix", false);
  struct tokenizer *t = opened(f, SPM_COUNT);
  encodes(t, "ab", IDS(A_B, EOS));
  encodes(t, " ab", IDS(SPACE_A, B, EOS));
  T_REQUIRE(t);
  prints(t, BOS, SPACE_A, " a"); /* no space was put before the text */
  tokenizer_close(t);
  f = spm_file();
  gguf_put_int(&f, "tokenizer.ggml.bos_token_id", EOS);
  t = opened(f, SPM_COUNT);
  encodes(t, "b", IDS(EOS, SPACE, B));
  tokenizer_close(t);
}

/* --- byte-level BPE by hand --------------------------------------------------------------------
 */

enum { C_A, C_B, C_1, C_AB, C_ABA, C_SPACE, C_BEGIN, C_END, BPE_COUNT };

static struct gguf_file bpe_file(const char *words)
{
  static const char *const tokens[BPE_COUNT] = {"a",   "b",        "1",       "ab",
                                                "aba", "\xC4\xA0", "<begin>", "<end>"};
  static const char *const merges[] = {"a b"};
  static const int types[BPE_COUNT] = {1, 1, 1, 1, 1, 1, CONTROL, CONTROL};
  struct gguf_file f = gguf_file_new();
  gguf_put_string(&f, "tokenizer.ggml.model", "gpt2");
  gguf_put_string(&f, "tokenizer.ggml.pre", words);
  gguf_put_strings(&f, "tokenizer.ggml.tokens", tokens, BPE_COUNT);
  gguf_put_array(&f, "tokenizer.ggml.token_type", I32, types, BPE_COUNT);
  gguf_put_strings(&f, "tokenizer.ggml.merges", merges, 1);
  gguf_put_int(&f, "tokenizer.ggml.bos_token_id", C_BEGIN);
  gguf_put_int(&f, "tokenizer.ggml.eos_token_id", C_END);
  return f;
}

T_TEST(tokenizer_gguf, words_go_by_the_name_of_the_pre_tokenizer)
{
  struct tokenizer *t = opened(bpe_file("qwen2"), BPE_COUNT);
  encodes(t, "aba ab<end>", IDS(C_AB, C_A, C_SPACE, C_AB, C_END));
  tokenizer_close(t);
  t = opened(bpe_file("llama-bpe"), BPE_COUNT); /* whole words first, and a begin token */
  encodes(t, "aba", IDS(C_BEGIN, C_ABA));
  tokenizer_close(t);
  t = opened(bpe_file("gpt-2"), BPE_COUNT);
  encodes(t, "aba", IDS(C_AB, C_A));
  tokenizer_close(t);
  struct gguf_file f = bpe_file("smollm");
  gguf_put_bool(&f, "tokenizer.ggml.add_bos_token", true);
  gguf_put_bool(&f, "tokenizer.ggml.add_eos_token", true);
  t = opened(f, BPE_COUNT);
  encodes(t, "ab11", IDS(C_BEGIN, C_AB, C_1, C_1, C_END));
  tokenizer_close(t);
}

/* --- refusal -----------------------------------------------------------------------------------
 */

/* The file with the first `from` among its values replaced by text as long. */
static struct gguf_file changed(struct gguf_file f, const char *from, const char *to)
{
  uint8_t *at = memmem(f.values, f.value_bytes, from, strlen(from));
  if (at && strlen(from) == strlen(to))
    memcpy(at, to, strlen(to));
  else
    T_FAIL("nothing to change: %s", from);
  return f;
}

T_TEST(tokenizer_gguf, rejects_by_name)
{
  const char *const model = "tokenizer.ggml.model";
  struct gguf_file f = gguf_file_new();
  refused(f, 8, VTPU_INPUT, "no tokenizer: the file has none");
  f = gguf_file_new();
  gguf_put_string(&f, model, "no_vocab");
  refused(f, 8, VTPU_INPUT, "no tokenizer: the file has none");
  f = gguf_file_new();
  gguf_put_string(&f, model, "rwkv");
  refused(f, 8, VTPU_LIMIT, "tokenizer.ggml.model: \"rwkv\" is not covered");
  refused(bpe_file("dbrx"), 8, VTPU_LIMIT, "words of \"dbrx\" are not covered");
  refused(changed(bpe_file("qwen2"), "ggml.pre", "ggml.prx"), 8, VTPU_INPUT,
          "tokenizer.ggml.pre is missing");
  refused(changed(bpe_file("qwen2"), "ggml.merges", "ggml.mergex"), 8, VTPU_INPUT,
          "tokenizer.ggml.merges is missing");
  refused(changed(bpe_file("qwen2"), "a b", "a c"), 8, VTPU_INPUT, "entry 0");
  refused(changed(bpe_file("qwen2"), "<begin>", "<b\xFFgin>"), 8, VTPU_INPUT,
          "token 6 is not UTF-8");
}

T_TEST(tokenizer_gguf, rejects_contradictions)
{
  refused(bpe_file("qwen2"), BPE_COUNT - 1, VTPU_INPUT,
          "tokenizer.ggml.tokens has 8 tokens, but the model's vocabulary 7");
  refused(changed(spm_file(), "ggml.scores", "ggml.scorex"), 16, VTPU_INPUT,
          "tokenizer.ggml.scores is missing");
  refused(changed(spm_file(), "<0xA9>", "<0xa9>"), 16, VTPU_INPUT, "token 3 stands for a byte");
  struct gguf_file f = changed(spm_file(), "ggml.scores", "ggml.scorex");
  gguf_put_array(&f, "tokenizer.ggml.scores", F32, spm_scores, SPM_COUNT - 1);
  refused(f, 16, VTPU_INPUT, "tokenizer.ggml.scores has 11 elements, but there are 12 tokens");
  f = changed(spm_file(), "ggml.token_type", "ggml.token_typx");
  gguf_put_array(&f, "tokenizer.ggml.token_type", I32, spm_types, SPM_COUNT - 1);
  refused(f, 16, VTPU_INPUT, "tokenizer.ggml.token_type has 11 elements");
  f = changed(spm_file(), "ggml.token_type", "ggml.token_typx");
  int types[SPM_COUNT] = {1, 1, 1, 7};
  gguf_put_array(&f, "tokenizer.ggml.token_type", I32, types, SPM_COUNT);
  refused(f, 16, VTPU_INPUT, "token 3 has type 7");
  f = changed(spm_file(), "ggml.scores", "ggml.scorex");
  float scores[SPM_COUNT] = {0, 1e38f * 10};
  gguf_put_array(&f, "tokenizer.ggml.scores", F32, scores, SPM_COUNT);
  refused(f, 16, VTPU_INPUT, "token 1 has no finite score");
  f = spm_file();
  gguf_put_int(&f, "tokenizer.ggml.bos_token_id", 15);
  refused(f, 16, VTPU_INPUT, "token 15, to be put around texts, is not one of 12");
}

/* A text that no token can stand for. */
T_TEST(tokenizer_gguf, rejects_bytes_without_token)
{
  struct gguf_file f = changed(spm_file(), "ggml.token_type", "ggml.token_typx");
  int types[SPM_COUNT], ids[8], count;
  memcpy(types, spm_types, sizeof types);
  types[UNK] = NORMAL;
  gguf_put_array(&f, "tokenizer.ggml.token_type", I32, types, SPM_COUNT);
  struct tokenizer *t = opened(f, SPM_COUNT);
  struct vtpu_error err;
  T_REQUIRE(t);
  T_EQ(tokenizer_encode(t, "z", ids, 8, &count, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "no token for byte 0x7A");
  tokenizer_close(t);
}
