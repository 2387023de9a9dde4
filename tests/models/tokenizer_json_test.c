/* tokenizer.json: what it covers, on a small one of byte-level BPE, and what is refused. */
#include "models/model.h"
#include "tests/harness/harness.h"
#include "tests/models/encodes.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_ROOM = 1024, IDS_ROOM = 4096 };

/* --- a small tokenizer.json --------------------------------------------------------------------
 */

/* The character of the byte alphabet for a byte, as UTF-8. */
static void alphabet_character(int byte, char out[3])
{
  int value = 256;
  for (int b = 0; b <= byte; b++) {
    bool itself = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
    if (b == byte && itself)
      value = b;
    else if (b < byte && !itself)
      value++;
  }
  out[0] = (char)(value < 128 ? value : 0xC0 | value >> 6);
  out[1] = value < 128 ? '\0' : (char)(0x80 | (value & 63));
  out[2] = '\0';
}

/* Merges of the small tokenizer: their tokens have the ids 256 and up. */
static const char *const small_merges[][2] = {
    {"h", "e"},
    {"l", "l"},
    {"he", "ll"},
    {"hell", "o"},
    {"\xC4\xA0", "w"},
    {"o", "r"},
    {"\xC3\x83", "\xC2\xA9"}, /* the bytes C3 A9: e with acute */
    {"a", "a"},
    {"aa", "aa"},
    {"b", "a"},
    {"ba", "b"},
    {"a", "b"},
};
enum {
  HE = 256,
  LL,
  HELL,
  HELLO,
  SPACE_W,
  OR,
  E_ACUTE,
  AA,
  AAAA,
  BA,
  BAB,
  AB,
  END, /* added tokens from here */
  TOOL,
  TOOLS,
  SMALL_VOCAB,
  SMALL_MERGES = END - HE,
};

static json_t *small_tokenizer(void)
{
  json_t *root = json_loads(
      "{\"version\": \"1.0\", \"truncation\": null, \"padding\": null,"
      "\"added_tokens\": ["
      " {\"id\": 268, \"content\": \"<end>\", \"special\": true, \"normalized\": false},"
      " {\"id\": 269, \"content\": \"<tool\", \"special\": false, \"normalized\": false},"
      " {\"id\": 270, \"content\": \"<tools>\", \"special\": false, \"normalized\": false}],"
      "\"normalizer\": {\"type\": \"NFC\"},"
      "\"pre_tokenizer\": {\"type\": \"ByteLevel\", \"add_prefix_space\": false},"
      "\"post_processor\": {\"type\": \"ByteLevel\", \"trim_offsets\": false},"
      "\"decoder\": {\"type\": \"ByteLevel\"},"
      "\"model\": {\"type\": \"BPE\", \"dropout\": null, \"unk_token\": null,"
      " \"continuing_subword_prefix\": \"\", \"byte_fallback\": false,"
      " \"vocab\": {}, \"merges\": []}}",
      0, NULL);
  json_t *model = json_object_get(root, "model");
  json_t *vocab = json_object_get(model, "vocab"), *merges = json_object_get(model, "merges");
  char text[64];
  for (int b = 0; b < 256; b++) {
    alphabet_character(b, text);
    json_object_set_new(vocab, text, json_integer(b));
  }
  for (int i = 0; i < SMALL_MERGES; i++) {
    snprintf(text, sizeof text, "%s%s", small_merges[i][0], small_merges[i][1]);
    json_object_set_new(vocab, text, json_integer(HE + i));
    snprintf(text, sizeof text, "%s %s", small_merges[i][0], small_merges[i][1]);
    json_array_append_new(merges, i % 2
                                      ? json_string(text)
                                      : json_pack("[ss]", small_merges[i][0], small_merges[i][1]));
  }
  return root;
}

/* Sets root["a"]["b"] for the key "a.b"; value is JSON text. */
static void set(json_t *root, const char *key, const char *value)
{
  char name[64];
  snprintf(name, sizeof name, "%s", key);
  char *dot = strchr(name, '.');
  if (dot) {
    *dot = '\0';
    root = json_object_get(root, name);
  }
  json_t *v = json_loads(value, JSON_DECODE_ANY, NULL);
  T_CHECK(v != NULL);
  json_object_set_new(root, dot ? dot + 1 : name, v);
}

/* The small tokenizer with one key changed (or none); NULL after a failure. */
static struct tokenizer *small_with(const char *key, const char *value)
{
  json_t *root = small_tokenizer();
  if (key)
    set(root, key, value);
  struct tokenizer *t = NULL;
  struct vtpu_error err;
  if (open_json(root, SMALL_VOCAB, &t, &err))
    T_FAIL("%s", err.message);
  return t;
}

T_TEST(tokenizer, merges_by_rank_inside_words)
{
  struct tokenizer *t = small_with(NULL, NULL);
  T_REQUIRE(t);
  encodes(t, "hello world", IDS(HELLO, SPACE_W, OR, 'l', 'd'));
  encodes(t, "", NOTHING);
  encodes(t, "hell o", IDS(HELL, ' ', 'o')); /* no merge across the space */
  encodes(t, "aaaaaaa", IDS(AAAA, AA, 'a')); /* leftmost first */
  encodes(t, "abab", IDS('a', BAB));         /* ba and bab are ranked before ab */
  encodes(t, "ab", IDS(AB));
  encodes(t, "\xE6\x97\xA5", IDS(0xE6, 0x97, 0xA5)); /* bytes of a character without a token */
  tokenizer_close(t);
}

T_TEST(tokenizer, nfc_comes_before_merging)
{
  struct tokenizer *t = small_with(NULL, NULL);
  T_REQUIRE(t);
  encodes(t, "\xC3\xA9", IDS(E_ACUTE));
  encodes(t, "e\xCC\x81", IDS(E_ACUTE)); /* e + U+0301 */
  tokenizer_close(t);
  t = small_with("normalizer", "null");
  encodes(t, "e\xCC\x81", IDS('e', 0xCC, 0x81));
  tokenizer_close(t);
  t = small_with("normalizer", "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"NFC\"}]}");
  encodes(t, "e\xCC\x81", IDS(E_ACUTE));
  tokenizer_close(t);
}

T_TEST(tokenizer, added_tokens_are_cut_out_first_and_the_longest_wins)
{
  struct tokenizer *t = small_with(NULL, NULL);
  T_REQUIRE(t);
  encodes(t, "he<end>llo", IDS(HE, END, LL, 'o'));
  encodes(t, "<tools><tool>", IDS(TOOLS, TOOL, '>'));
  encodes(t, "<end><end>", IDS(END, END));
  encodes(t, "<en", IDS('<', 'e', 'n'));
  tokenizer_close(t);
  /* a normalised one is found in normalised text, and is itself normalised */
  t = small_with("added_tokens",
                 "[{\"id\": 268, \"content\": \"e\\u0301e\", \"normalized\": true}]");
  encodes(t,
          "x\xC3\xA9"
          "e",
          IDS('x', END));
  encodes(t,
          "xe\xCC\x81"
          "e",
          IDS('x', END));
  tokenizer_close(t);
  t = small_with("added_tokens",
                 "[{\"id\": 268, \"content\": \"e\\u0301e\", \"normalized\": false}]");
  encodes(t,
          "x\xC3\xA9"
          "e",
          IDS('x', E_ACUTE, 'e'));
  tokenizer_close(t);
}

T_TEST(tokenizer, pre_tokenizers)
{
  struct tokenizer *t = small_with("pre_tokenizer", "{\"type\": \"ByteLevel\", "
                                                    "\"add_prefix_space\": true}");
  encodes(t, "world", IDS(SPACE_W, OR, 'l', 'd'));
  encodes(t, " world", IDS(SPACE_W, OR, 'l', 'd'));
  tokenizer_close(t);
  t = small_with("pre_tokenizer", "{\"type\": \"ByteLevel\", \"use_regex\": false}");
  encodes(t, "x worhe", IDS('x', SPACE_W, OR, HE));
  tokenizer_close(t);
  t = small_with("pre_tokenizer",
                 "{\"type\": \"Sequence\", \"pretokenizers\": ["
                 "{\"type\": \"Split\", \"pattern\": {\"String\": \"l\"}, \"behavior\": "
                 "\"Isolated\"}, {\"type\": \"ByteLevel\", \"use_regex\": false}]}");
  encodes(t, "hello", IDS(HE, 'l', 'l', 'o')); /* every l is a word */
  tokenizer_close(t);
  t = small_with("pre_tokenizer",
                 "{\"type\": \"Sequence\", \"pretokenizers\": ["
                 "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"\\\\s+\"}, \"behavior\": "
                 "\"Removed\"}, {\"type\": \"ByteLevel\", \"use_regex\": false}]}");
  encodes(t, " a a  or ", IDS('a', 'a', OR));
  tokenizer_close(t);
  t = small_with(
      "pre_tokenizer",
      "{\"type\": \"Sequence\", \"pretokenizers\": ["
      "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"[a-z]+\"}, \"behavior\": "
      "\"Removed\", \"invert\": true}, {\"type\": \"ByteLevel\", \"use_regex\": false}]}");
  encodes(t, "1aa2or3", IDS(AA, OR));
  tokenizer_close(t);
  t = small_with(
      "pre_tokenizer",
      "{\"type\": \"Sequence\", \"pretokenizers\": ["
      "{\"type\": \"Digits\", \"individual_digits\": true}, {\"type\": \"ByteLevel\"}]}");
  encodes(t, "or12", IDS(OR, '1', '2'));
  tokenizer_close(t);
  t = small_with("pre_tokenizer", /* the pattern matches the empty string before every letter */
                 "{\"type\": \"Sequence\", \"pretokenizers\": ["
                 "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"(?=[a-z])\"}, \"behavior\": "
                 "\"Isolated\"}, {\"type\": \"ByteLevel\", \"use_regex\": false}]}");
  encodes(t, "aa\xC3\xA9", IDS('a', 'a', E_ACUTE));
  encodes(t,
          "aa\xC3\xA9"
          "or",
          IDS('a', 'a', E_ACUTE, 'o', 'r'));
  tokenizer_close(t);
}

T_TEST(tokenizer, ignore_merges_takes_whole_words)
{
  struct tokenizer *t = small_with("model.merges", "[]");
  encodes(t, "hello", IDS('h', 'e', 'l', 'l', 'o'));
  tokenizer_close(t);
  json_t *root = small_tokenizer();
  set(root, "model.merges", "[]");
  set(root, "model.ignore_merges", "true");
  struct vtpu_error err;
  T_EQ(open_json(root, SMALL_VOCAB, &t, &err), 0);
  encodes(t, "hello or", IDS(HELLO, ' ', 'o', 'r'));
  tokenizer_close(t);
}

T_TEST(tokenizer, template_puts_tokens_around_the_text)
{
  struct tokenizer *t = small_with(
      "post_processor",
      "{\"type\": \"Sequence\", \"processors\": [{\"type\": \"ByteLevel\"}, "
      "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\": \"B\", "
      "\"type_id\": 0}}, {\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}, {\"SpecialToken\": "
      "{\"id\": \"E\", \"type_id\": 0}}], \"pair\": [], \"special_tokens\": {\"B\": {\"id\": "
      "\"B\", "
      "\"ids\": [268, 269]}, \"E\": {\"id\": \"E\", \"ids\": [270]}}}]}");
  encodes(t, "or", IDS(END, TOOL, OR, TOOLS));
  encodes(t, "", IDS(END, TOOL, TOOLS));
  tokenizer_close(t);
}

T_TEST(tokenizer, pieces_are_bytes)
{
  struct tokenizer *t = small_with(NULL, NULL);
  T_REQUIRE(t);
  static const struct {
    int id;
    const char *bytes;
    int count;
  } wants[] = {{HELLO, "hello", 5}, {SPACE_W, " w", 2}, {E_ACUTE, "\xC3\xA9", 2},
               {0, "\0", 1},        {0xFF, "\xFF", 1},  {END, "<end>", 5}};
  int bytes;
  for (size_t i = 0; i < sizeof wants / sizeof *wants; i++) {
    const char *piece = tokenizer_piece(t, -1, wants[i].id, &bytes);
    T_REQUIRE(piece);
    T_EQ(bytes, wants[i].count);
    T_EQ(memcmp(piece, wants[i].bytes, (size_t)bytes), 0);
  }
  T_CHECK(tokenizer_piece(t, -1, -1, &bytes) == NULL);
  T_CHECK(tokenizer_piece(t, -1, SMALL_VOCAB, &bytes) == NULL);
  tokenizer_close(t);
  /* the model's vocabulary may be padded beyond the tokens */
  struct vtpu_error err;
  T_EQ(open_json(small_tokenizer(), SMALL_VOCAB + 5, &t, &err), 0);
  T_EQ_STR(tokenizer_piece(t, 3, SMALL_VOCAB + 4, &bytes), "");
  T_EQ(bytes, 0);
  tokenizer_close(t);
}

/* Merging again, the slow way: look for the best pair from the left, join, start over. */
static int merge_slowly(int *ids, int count)
{
  static const int pairs[SMALL_MERGES][2] = {{'h', 'e'}, {'l', 'l'}, {HE, LL},     {HELL, 'o'},
                                             {' ', 'w'}, {'o', 'r'}, {0xC3, 0xA9}, {'a', 'a'},
                                             {AA, AA},   {'b', 'a'}, {BA, 'b'},    {'a', 'b'}};
  for (int rank = 0; rank < SMALL_MERGES;) {
    int at = 0;
    while (at + 1 < count && (ids[at] != pairs[rank][0] || ids[at + 1] != pairs[rank][1]))
      at++;
    if (at + 1 >= count) {
      rank++;
      continue;
    }
    ids[at] = HE + rank;
    memmove(ids + at + 1, ids + at + 2, (size_t)(count - at - 2) * sizeof *ids);
    count--;
    rank = 0;
  }
  return count;
}

T_TEST(tokenizer, merging_equals_the_slow_way)
{
  struct tokenizer *t =
      small_with("pre_tokenizer", "{\"type\": \"ByteLevel\", \"use_regex\": false}");
  T_REQUIRE(t);
  uint32_t seed = 12345;
  for (int round = 0; round < 400; round++) {
    char text[64];
    int ids[64], slow[64], count, n = 1 + round % 60;
    for (int i = 0; i < n; i++) {
      seed = seed * 1664525 + 1013904223;
      text[i] = "aaabbbhelo rw"[(seed >> 16) % 13];
      slow[i] = text[i];
    }
    text[n] = '\0';
    struct vtpu_error err;
    T_EQ(tokenizer_encode(t, text, ids, 64, &count, &err), 0);
    T_EQ(count, merge_slowly(slow, n));
    if (memcmp(ids, slow, (size_t)count * sizeof *ids) != 0)
      T_FAIL("other tokens for \"%s\"", text);
  }
  tokenizer_close(t);
}

T_TEST(tokenizer, a_long_word_is_not_quadratic)
{
  struct tokenizer *t = small_with(NULL, NULL);
  T_REQUIRE(t);
  enum { LETTERS = 400003 };
  char *text = malloc(LETTERS + 1);
  int *ids = malloc(LETTERS * sizeof *ids), count;
  memset(text, 'a', LETTERS);
  text[LETTERS] = '\0';
  struct vtpu_error err;
  T_EQ(tokenizer_encode(t, text, ids, LETTERS, &count, &err), 0);
  T_EQ(count, LETTERS / 4 + 2); /* ... aaaa aa a */
  T_EQ(ids[count - 3], AAAA);
  T_EQ(ids[count - 2], AA);
  T_EQ(ids[count - 1], 'a');
  free(text);
  free(ids);
  tokenizer_close(t);
}

T_TEST(tokenizer, rejects_texts)
{
  struct tokenizer *t = small_with(NULL, NULL);
  T_REQUIRE(t);
  int ids[4], count;
  struct vtpu_error err;
  T_EQ(tokenizer_encode(t, "ok\xC3(", ids, 4, &count, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "text byte 2 (0xC3): not valid UTF-8");
  T_EQ(tokenizer_encode(t, "\xED\xA0\x80", ids, 4, &count, &err), VTPU_INPUT); /* surrogate */
  T_EQ(tokenizer_encode(t, "12345", ids, 4, &count, &err), VTPU_LIMIT);
  T_CONTAINS(err.message, "takes 5 tokens, but there is room for 4");
  T_EQ(tokenizer_encode_bytes(t, "a\0b", 3, ids, 4, &count, &err), 0);
  T_EQ(count, 3);
  T_EQ(ids[1], 0);
  tokenizer_close(t);

  json_t *root = small_tokenizer();
  set(root, "model.vocab", "{\"a\": 0, \"b\": 1}");
  set(root, "model.merges", "[]");
  T_EQ(open_json(root, SMALL_VOCAB, &t, &err), 0);
  encodes(t, "ab", IDS(0, 1));
  T_EQ(tokenizer_encode(t, "abc", ids, 4, &count, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "no token for byte 0x63");
  tokenizer_close(t);
}

/* --- rejection: tokenizer.json ------------------------------------------------------------------
 */

static void rejects(const char *key, const char *value, enum vtpu_category category,
                    const char *message)
{
  json_t *root = small_tokenizer();
  set(root, key, value);
  struct tokenizer *t;
  struct vtpu_error err;
  T_EQ(open_json(root, SMALL_VOCAB, &t, &err), category);
  T_CONTAINS(err.message, message);
  T_CHECK(t == NULL);
}

T_TEST(tokenizer, refuses_components_by_name)
{
  rejects("normalizer", "{\"type\": \"Lowercase\"}", VTPU_LIMIT, "normalizer: Lowercase");
  rejects("normalizer",
          "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"NFC\"}, "
          "{\"type\": \"Prepend\"}]}",
          VTPU_LIMIT, "normalizer: Sequence");
  rejects("pre_tokenizer", "null", VTPU_LIMIT, "only byte-level BPE");
  rejects("pre_tokenizer", "{\"type\": \"Metaspace\"}", VTPU_LIMIT, "pre_tokenizer: Metaspace");
  rejects("pre_tokenizer",
          "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": "
          "\"ByteLevel\"}, {\"type\": \"Digits\"}]}",
          VTPU_LIMIT, "Digits after ByteLevel");
  rejects("pre_tokenizer",
          "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"a\"}, \"behavior\": "
          "\"Contiguous\"}",
          VTPU_LIMIT, "Split with behavior Contiguous");
  rejects("pre_tokenizer",
          "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"a{1,2}+b\"}, "
          "\"behavior\": \"Isolated\"}",
          VTPU_LIMIT, "Split by a regular expression");
  rejects("post_processor", "{\"type\": \"BertProcessing\"}", VTPU_LIMIT, "BertProcessing");
  rejects("decoder", "{\"type\": \"WordPiece\"}", VTPU_LIMIT, "decoder: WordPiece");
  rejects("truncation", "{\"max_length\": 8}", VTPU_LIMIT, "truncation");
  rejects("model.type", "\"Unigram\"", VTPU_LIMIT, "model: type \"Unigram\"");
  rejects("model.byte_fallback", "true", VTPU_LIMIT, "\"byte_fallback\"");
  rejects("model.dropout", "0.1", VTPU_LIMIT, "\"dropout\"");
  rejects("model.end_of_word_suffix", "\"</w>\"", VTPU_LIMIT, "\"end_of_word_suffix\"");
  rejects("added_tokens", "[{\"id\": 268, \"content\": \"<x>\", \"lstrip\": true}]", VTPU_LIMIT,
          "\"<x>\": lstrip");
}

T_TEST(tokenizer, rejects_malformed_files)
{
  rejects("model", "null", VTPU_INPUT, "no object \"model\"");
  rejects("model.vocab", "[]", VTPU_INPUT, "\"vocab\" or \"merges\" is missing");
  rejects("model.vocab", "{\"a\": 1, \"b\": 1}", VTPU_INPUT, "\"b\" has no id of its own");
  rejects("model.vocab", "{\"a\": \"x\"}", VTPU_INPUT, "\"a\" has no id of its own");
  rejects("model.vocab", "{\"a\": 999}", VTPU_INPUT, "token id 999 is outside the model's");
  rejects("model.merges", "[\"h e\", \"h q\"]", VTPU_INPUT, "entry 1: \"hq\" is not in");
  rejects("model.merges", "[[\"xyz\", \"e\"]]", VTPU_INPUT, "entry 0: \"xyz\" is not in");
  rejects("model.merges", "[\"he\"]", VTPU_INPUT, "entry 0 is neither");
  rejects("model.merges", "[\"h e l\"]", VTPU_INPUT, "entry 0 is neither");
  rejects("model.merges", "[[\"h\"]]", VTPU_INPUT, "entry 0 is neither");
  rejects("model.merges", "[7]", VTPU_INPUT, "entry 0 is neither");
  rejects("added_tokens", "[{\"id\": 268}]", VTPU_INPUT, "lacks \"id\" or \"content\"");
  rejects("added_tokens", "[{\"id\": 3, \"content\": \"<x>\"}]", VTPU_INPUT, "contradicts");
  rejects("added_tokens", "[{\"id\": 268, \"content\": \"he\"}]", VTPU_INPUT, "contradicts");
  rejects("added_tokens", "[{\"id\": 5000, \"content\": \"<x>\"}]", VTPU_INPUT, "token id 5000");
  rejects("pre_tokenizer",
          "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"(a\"}, \"behavior\": "
          "\"Isolated\"}",
          VTPU_INPUT, "does not compile");
  rejects("pre_tokenizer", "{\"type\": \"Split\"}", VTPU_INPUT, "Split lacks");
  rejects("pre_tokenizer", "{}", VTPU_INPUT, "has no \"type\"");
  rejects("post_processor",
          "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": "
          "{\"id\": \"B\"}}], \"special_tokens\": {}}",
          VTPU_INPUT, "item 0 of \"single\"");
  rejects("post_processor", "{\"type\": \"TemplateProcessing\", \"single\": []}", VTPU_INPUT,
          "no Sequence");

  char folder[PATH_ROOM], path[PATH_ROOM + 32];
  snprintf(folder, sizeof folder, "%s", t_temp("tokenizer"));
  snprintf(path, sizeof path, "%s/tokenizer.json", folder);
  FILE *f = fopen(path, "w");
  T_REQUIRE(f);
  fputs("{\"model\": {\n\"vocab\": {\"a\": 1, \"a\": 2}}}", f);
  fclose(f);
  struct tokenizer *t;
  struct vtpu_error err;
  T_EQ(tokenizer_open(folder, 100, &t, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "tokenizer.json:2:");
  T_CONTAINS(err.message, "duplicate object key");
  remove(path);
  T_EQ(tokenizer_open(folder, 100, &t, &err), VTPU_INPUT);
  T_CONTAINS(err.message, "tokenizer.json is not in the folder");
}
