/* The pre-tokenizer: see pretokenizer.h. Regular expressions are run by PCRE2; where its syntax
 * and that of Oniguruma (which the tokenizers library uses) read the same text differently, the
 * pattern is refused. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "models/pretokenizer.h"

#include <pcre2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* GPT-2's words: what ByteLevel cuts when use_regex is true. */
static const char gpt2_words[] = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+"
                                 "|\\s+(?!\\S)|\\s+";

enum { STEPS_MOST = 16 };

struct pretokenizer_step {
  pcre2_code *pattern; /* NULL: the step puts a space before the text that has none */
  bool drop_matches, drop_gaps;
};

static int unsupported(const char *path, const char *component, const char *detail,
                       struct vtpu_error *err)
{
  return vtpu_fail(err, VTPU_LIMIT, "%s: pre_tokenizer: %s%s is not covered", path, component,
                   detail);
}

/* Oniguruma reads "&&" in a class as an intersection, and x{1,2}+ as a repetition of x{1,2}; PCRE2
 * does not. Either would cut other words without a sound. */
static bool reads_differently(const char *regex)
{
  if (strstr(regex, "&&"))
    return true;
  for (const char *end = strstr(regex, "}+"); end; end = strstr(end + 1, "}+")) {
    const char *c = end;
    while (c > regex && (c[-1] == ',' || (c[-1] >= '0' && c[-1] <= '9')))
      c--;
    if (c > regex && c < end && c[-1] == '{')
      return true;
  }
  return false;
}

static int add_pattern(const char *path, struct pretokenizer *p, const char *text, bool literal,
                       struct vtpu_error *err)
{
  if (p->count == STEPS_MOST)
    return unsupported(path, "Sequence", " of more than 16 steps", err);
  if (!literal && reads_differently(text))
    return unsupported(path, "Split", " by a regular expression with \"&&\" or \"{n}+\"", err);
  int code;
  PCRE2_SIZE offset;
  uint32_t options = literal ? PCRE2_UTF | PCRE2_LITERAL : PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE;
  pcre2_code *pattern =
      pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &code, &offset, NULL);
  if (!pattern) {
    PCRE2_UCHAR why[160] = "";
    pcre2_get_error_message(code, why, sizeof why);
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: pre_tokenizer: Split: the regular expression does not compile: %s at "
                     "its byte %zu",
                     path, (const char *)why, (size_t)offset);
  }
  p->steps[p->count++] = (struct pretokenizer_step){.pattern = pattern};
  return 0;
}

static int add_split(const char *path, struct pretokenizer *p, json_t *json, struct vtpu_error *err)
{
  json_t *pattern = json_object_get(json, "pattern");
  const char *regex = json_string_value(json_object_get(pattern, "Regex"));
  const char *literal = json_string_value(json_object_get(pattern, "String"));
  const char *behavior = json_string_value(json_object_get(json, "behavior"));
  if (!behavior || (!regex && !literal))
    return vtpu_fail(err, VTPU_INPUT,
                     "%s: pre_tokenizer: Split lacks \"behavior\" or a \"pattern\" with \"Regex\" "
                     "or \"String\"",
                     path);
  bool removed = strcmp(behavior, "Removed") == 0;
  if (!removed && strcmp(behavior, "Isolated") != 0)
    return unsupported(path, "Split with behavior ", behavior, err);
  int bad = add_pattern(path, p, regex ? regex : literal, !regex, err);
  if (!bad && removed) {
    bool invert = json_is_true(json_object_get(json, "invert"));
    p->steps[p->count - 1].drop_gaps = invert;
    p->steps[p->count - 1].drop_matches = !invert;
  }
  return bad;
}

static int add_byte_level(const char *path, struct pretokenizer *p, json_t *json,
                          struct vtpu_error *err)
{
  if (json_is_true(json_object_get(json, "add_prefix_space"))) {
    if (p->count == STEPS_MOST)
      return unsupported(path, "Sequence", " of more than 16 steps", err);
    p->steps[p->count++] = (struct pretokenizer_step){0};
  }
  json_t *use_regex = json_object_get(json, "use_regex"); /* true in files that lack it */
  return json_is_false(use_regex) ? 0 : add_pattern(path, p, gpt2_words, false, err);
}

/* byte_level: set when that component, which ends the list, has been added. */
static int add_component(const char *path, struct pretokenizer *p, json_t *json, bool *byte_level,
                         struct vtpu_error *err)
{
  const char *type = json_string_value(json_object_get(json, "type"));
  if (!type)
    return vtpu_fail(err, VTPU_INPUT, "%s: pre_tokenizer: a component has no \"type\"", path);
  if (*byte_level)
    return unsupported(path, type, " after ByteLevel", err);
  if (strcmp(type, "Sequence") == 0) {
    json_t *list = json_object_get(json, "pretokenizers"), *inner;
    size_t i;
    if (!json_is_array(list))
      return vtpu_fail(err, VTPU_INPUT,
                       "%s: pre_tokenizer: Sequence lacks the list \"pretokenizers\"", path);
    json_array_foreach(list, i, inner)
    {
      const char *name = json_string_value(json_object_get(inner, "type"));
      if (name && strcmp(name, "Sequence") == 0)
        return unsupported(path, "Sequence", " inside a Sequence", err);
      int bad = add_component(path, p, inner, byte_level, err);
      if (bad)
        return bad;
    }
    return 0;
  }
  if (strcmp(type, "Split") == 0)
    return add_split(path, p, json, err);
  if (strcmp(type, "Digits") == 0) {
    bool each = json_is_true(json_object_get(json, "individual_digits"));
    return add_pattern(path, p, each ? "\\p{N}" : "\\p{N}+", false, err);
  }
  *byte_level = strcmp(type, "ByteLevel") == 0;
  return *byte_level ? add_byte_level(path, p, json, err) : unsupported(path, type, "", err);
}

int pretokenizer_new(const char *path, json_t *json, struct pretokenizer *p, struct vtpu_error *err)
{
  bool byte_level = false;
  *p = (struct pretokenizer){calloc(STEPS_MOST, sizeof *p->steps), 0};
  if (!p->steps)
    return vtpu_fail(err, VTPU_SYSTEM, "%s: out of memory", path);
  int bad = json_is_object(json) ? add_component(path, p, json, &byte_level, err) : 0;
  if (!bad && !byte_level)
    bad =
        vtpu_fail(err, VTPU_LIMIT,
                  "%s: pre_tokenizer: there is no ByteLevel; only byte-level BPE is covered", path);
  if (bad)
    pretokenizer_free(p);
  return bad;
}

void pretokenizer_free(struct pretokenizer *p)
{
  for (int i = 0; i < p->count; i++)
    pcre2_code_free(p->steps[i].pattern);
  free(p->steps);
  *p = (struct pretokenizer){0};
}

struct run {
  const struct pretokenizer *p;
  word_sink *sink;
  void *owner;
};

static int run_step(const struct run *r, int step, const char *text, size_t bytes,
                    struct vtpu_error *err);

static int run_prefix(const struct run *r, int step, const char *text, size_t bytes,
                      struct vtpu_error *err)
{
  if (text[0] == ' ')
    return run_step(r, step + 1, text, bytes, err);
  char *longer = malloc(bytes + 1);
  if (!longer)
    return vtpu_fail(err, VTPU_SYSTEM, "tokenizer: out of memory");
  longer[0] = ' ';
  memcpy(longer + 1, text, bytes);
  int bad = run_step(r, step + 1, longer, bytes + 1, err);
  free(longer);
  return bad;
}

static int run_pattern(const struct run *r, int step, const char *text, size_t bytes,
                       pcre2_match_data *match, struct vtpu_error *err)
{
  const struct pretokenizer_step *s = &r->p->steps[step];
  size_t done = 0, from = 0; /* text before done has gone on; the search goes on at from */
  while (from <= bytes) {
    int found =
        pcre2_match(s->pattern, (PCRE2_SPTR)text, bytes, from, PCRE2_NO_UTF_CHECK, match, NULL);
    if (found == PCRE2_ERROR_NOMATCH)
      break;
    if (found < 0)
      return vtpu_fail(err, VTPU_LIMIT,
                       "text byte %zu: the pre-tokenizer's regular expression gave up (PCRE2 error "
                       "%d)\n  shorten the text",
                       from, found);
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(match);
    size_t begin = ends[0], end = ends[1];
    int bad = s->drop_gaps ? 0 : run_step(r, step + 1, text + done, begin - done, err);
    if (!bad && !s->drop_matches)
      bad = run_step(r, step + 1, text + begin, end - begin, err);
    if (bad)
      return bad;
    done = end;
    from = end;
    if (begin == end) /* an empty match cuts here; go on behind the next character */
      for (from++; from < bytes && ((unsigned char)text[from] & 0xC0) == 0x80;)
        from++;
  }
  return s->drop_gaps ? 0 : run_step(r, step + 1, text + done, bytes - done, err);
}

static int run_step(const struct run *r, int step, const char *text, size_t bytes,
                    struct vtpu_error *err)
{
  if (bytes == 0)
    return 0;
  if (step == r->p->count)
    return r->sink(r->owner, text, bytes, err);
  const pcre2_code *pattern = r->p->steps[step].pattern;
  if (!pattern)
    return run_prefix(r, step, text, bytes, err);
  pcre2_match_data *match = pcre2_match_data_create_from_pattern(pattern, NULL);
  if (!match)
    return vtpu_fail(err, VTPU_SYSTEM, "tokenizer: out of memory");
  int bad = run_pattern(r, step, text, bytes, match, err);
  pcre2_match_data_free(match);
  return bad;
}

int pretokenizer_run(const struct pretokenizer *p, const char *text, size_t bytes, word_sink *sink,
                     void *owner, struct vtpu_error *err)
{
  struct run r = {p, sink, owner};
  return run_step(&r, 0, text, bytes, err);
}
