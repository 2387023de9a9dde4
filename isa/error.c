/* Errors: see error.h. */
#include "isa/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int vtpu_fail(struct vtpu_error *err, enum vtpu_category category, const char *format, ...)
{
  if (err) {
    va_list ap;
    va_start(ap, format);
    err->category = category;
    vsnprintf(err->message, sizeof err->message, format, ap);
    va_end(ap);
  }
  return (int)category;
}

int vtpu_fail_prefix(struct vtpu_error *err, const char *format, ...)
{
  if (!err)
    return VTPU_BUG;
  char rest[VTPU_ERROR_BYTES];
  memcpy(rest, err->message, sizeof rest);
  va_list ap;
  va_start(ap, format);
  int used = vsnprintf(err->message, sizeof err->message, format, ap);
  va_end(ap);
  if (used >= 0 && used < (int)sizeof err->message)
    snprintf(err->message + used, sizeof err->message - (size_t)used, "%s", rest);
  return (int)err->category;
}

const char *vtpu_category_name(enum vtpu_category category)
{
  switch (category) {
  case VTPU_OK: return "ok";
  case VTPU_BUG: return "bug";
  case VTPU_USAGE: return "usage";
  case VTPU_INPUT: return "input";
  case VTPU_PROGRAM: return "program";
  case VTPU_LIMIT: return "limit";
  case VTPU_SYSTEM: return "system";
  }
  return "unknown";
}
