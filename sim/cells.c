/* Figures and names as people read them: see cells.h. */
#include "sim/cells.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

char *cell_take(struct cells *c)
{
  return c->text[c->used++ % CELLS];
}

const char *cell_count(struct cells *c, uint64_t value)
{
  char digits[24], *out = cell_take(c), *o = out;
  int n = snprintf(digits, sizeof digits, "%" PRIu64, value);
  for (int i = 0; i < n; i++) {
    if (i && (n - i) % 3 == 0)
      *o++ = ',';
    *o++ = digits[i];
  }
  *o = '\0';
  return out;
}

const char *cell_fixed(struct cells *c, double value, int decimals)
{
  char *out = cell_take(c);
  if (isfinite(value))
    snprintf(out, CELL_TEXT_BYTES, "%.*f", decimals, value);
  else
    snprintf(out, CELL_TEXT_BYTES, "-");
  return out;
}

const char *cell_rate(struct cells *c, double value)
{
  return value >= 1000 ? cell_count(c, (uint64_t)(value + 0.5)) : cell_fixed(c, value, 2);
}

const char *cell_percent(struct cells *c, double share)
{
  char *out = cell_take(c);
  /* Between 99.9 % and all of them lie all the misses that matter. */
  int decimals = share > 0.999 && share < 1 ? 3 : 1;
  if (isfinite(share))
    snprintf(out, CELL_TEXT_BYTES, "%.*f %%", decimals, 100 * share);
  else
    snprintf(out, CELL_TEXT_BYTES, "-");
  return out;
}

const char *cell_tight(struct cells *c, double share)
{
  char *out = cell_take(c);
  snprintf(out, CELL_TEXT_BYTES, isfinite(share) ? "%.1f%%" : "-", 100 * share);
  return out;
}

const char *cell_seconds(struct cells *c, double value)
{
  static const struct {
    double least;
    const char *unit;
  } units[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}};
  char *out = cell_take(c);
  int u = 0;
  while (u < 3 && value < units[u].least)
    u++;
  snprintf(out, CELL_TEXT_BYTES, "%.3f %s", value / units[u].least, units[u].unit);
  return out;
}

const char *cell_scaled(struct cells *c, double value, const char *unit)
{
  static const struct {
    double factor;
    const char *prefix;
  } scales[] = {{1, ""}, {1e3, "m"}, {1e6, "u"}, {1e9, "n"}, {1e12, "p"}};
  char *out = cell_take(c);
  int i = 0;
  while (i < 4 && value * scales[i].factor < 1)
    i++;
  snprintf(out, CELL_TEXT_BYTES, "%.2f %s%s", value * scales[i].factor, scales[i].prefix, unit);
  return out;
}

const char *cell_bytes(struct cells *c, uint64_t bytes)
{
  static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
  char *out = cell_take(c);
  double value = (double)bytes;
  int u = 0;
  for (; value >= 999.95 && u < 4; u++)
    value /= 1000;
  snprintf(out, CELL_TEXT_BYTES, u ? "%.1f %s" : "%.0f %s", value, units[u]);
  return out;
}

const char *cell_name(struct cells *c, const char *text, size_t columns)
{
  char *out = cell_take(c);
  size_t n = 0;
  for (; text[n] && n < columns && n + 1 < CELL_TEXT_BYTES; n++)
    out[n] = text[n] >= ' ' && text[n] <= '~' ? text[n] : '?';
  out[n] = '\0';
  return out;
}
