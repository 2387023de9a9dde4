/* A checker of well-formedness: see xml.h. */
#include "tests/report/xml.h"

#include "sim/utf8.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 64, NAME_MAX_BYTES = 40, IDS_MAX = 4096 };

struct xml {
  const char *text, *at;
  char open[DEPTH_MAX][NAME_MAX_BYTES];
  int depth, roots;
  const char *id[IDS_MAX]; /* values of attributes "id", each but once */
  size_t id_bytes[IDS_MAX];
  unsigned ids;
};

static char message[256];

static bool fault(const struct xml *x, const char *what)
{
  int line = 1;
  for (const char *p = x->text; p < x->at; p++)
    line += *p == '\n';
  snprintf(message, sizeof message, "line %d: %s at: %.60s", line, what, x->at);
  return false;
}

static bool is_name(char c)
{
  return isalnum((unsigned char)c) || c == '-' || c == '_' || c == ':' || c == '.';
}

/* A name, copied; false if there is none. */
static bool take_name(struct xml *x, char *out)
{
  size_t n = 0;
  while (is_name(x->at[n]))
    n++;
  if (n == 0 || n >= NAME_MAX_BYTES || isdigit((unsigned char)*x->at))
    return fault(x, "no name");
  snprintf(out, NAME_MAX_BYTES, "%.*s", (int)n, x->at);
  x->at += n;
  return true;
}

static bool take_reference(struct xml *x)
{
  static const char *const known[] = {"&lt;", "&gt;", "&amp;", "&quot;", "&apos;"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strncmp(x->at, known[i], strlen(known[i])) == 0) {
      x->at += strlen(known[i]);
      return true;
    }
  return fault(x, "an unknown reference");
}

static bool take_character(struct xml *x)
{
  int n = utf8_character(x->at, strlen(x->at));
  if (n <= 0 || (n == 1 && (unsigned char)*x->at < ' ' && !strchr("\n\t\r", *x->at)))
    return fault(x, "no character of XML");
  x->at += n;
  return true;
}

static bool note_id(struct xml *x, const char *value, size_t bytes)
{
  for (unsigned i = 0; i < x->ids; i++)
    if (x->id_bytes[i] == bytes && memcmp(x->id[i], value, bytes) == 0)
      return fault(x, "an id for the second time");
  if (x->ids == IDS_MAX)
    return fault(x, "too many ids");
  x->id[x->ids] = value;
  x->id_bytes[x->ids++] = bytes;
  return true;
}

static void skip_space(struct xml *x)
{
  while (isspace((unsigned char)*x->at))
    x->at++;
}

static bool take_attribute(struct xml *x)
{
  char name[NAME_MAX_BYTES], quote;
  if (!take_name(x, name))
    return false;
  skip_space(x);
  if (*x->at++ != '=')
    return fault(x, "an attribute without a value");
  skip_space(x);
  if (*x->at != '"' && *x->at != '\'')
    return fault(x, "a value without quotes");
  quote = *x->at++;
  const char *value = x->at;
  while (*x->at != quote) {
    if (!*x->at || *x->at == '<')
      return fault(x, "a value without an end");
    if (*x->at == '&' ? !take_reference(x) : !take_character(x))
      return false;
  }
  size_t bytes = (size_t)(x->at++ - value);
  return strcmp(name, "id") != 0 || note_id(x, value, bytes);
}

static bool take_tag(struct xml *x)
{
  bool closes = *++x->at == '/';
  char name[NAME_MAX_BYTES];
  x->at += closes;
  if (!take_name(x, name))
    return false;
  skip_space(x);
  if (closes) {
    if (x->depth == 0 || strcmp(x->open[x->depth - 1], name) != 0)
      return fault(x, "closes what is not open");
    x->depth--;
    return *x->at++ == '>' || fault(x, "no '>'");
  }
  while (*x->at != '>' && *x->at != '/') {
    if (!take_attribute(x))
      return false;
    skip_space(x);
  }
  x->roots += x->depth == 0;
  if (*x->at == '/')
    return (x->at += 2)[-1] == '>' || fault(x, "no '>'");
  x->at++;
  if (x->depth == DEPTH_MAX)
    return fault(x, "too deep");
  snprintf(x->open[x->depth++], NAME_MAX_BYTES, "%s", name);
  return true;
}

static bool take_past(struct xml *x, const char *end)
{
  const char *to = strstr(x->at, end);
  if (!to)
    return fault(x, "has no end");
  x->at = to + strlen(end);
  return true;
}

const char *xml_fault(const char *text)
{
  static struct xml x;
  bool good = true;
  x = (struct xml){.text = text, .at = text};
  while (good && *x.at) {
    if (strncmp(x.at, "<!--", 4) == 0)
      good = take_past(&x, "-->");
    else if (strncmp(x.at, "<?xml ", 6) == 0 || strncmp(x.at, "<!DOCTYPE ", 10) == 0)
      good = take_past(&x, ">");
    else if (*x.at == '<')
      good = take_tag(&x);
    else if (*x.at == '&')
      good = take_reference(&x);
    else
      good = take_character(&x);
  }
  if (good && (x.depth || x.roots != 1))
    good = fault(&x, "not one element that is closed");
  return good ? NULL : message;
}

unsigned count_of(const char *text, const char *part)
{
  unsigned n = 0;
  for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
    n++;
  return n;
}
