/* Suggestions for misspelt names: the candidate with the fewest edits (insertions, deletions,
 * substitutions, swaps of neighbours), if it needs no more than a third of the word. */
#include "asm/parser.h"

#include <stdio.h>
#include <string.h>

static char lower(char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Optimal string alignment distance, case ignored. Lengths below 64. */
static unsigned edit_distance(const char *a, const char *b)
{
  size_t m = strlen(a), n = strlen(b);
  unsigned row[3][64]; /* rows i-2, i-1, i */
  for (size_t j = 0; j <= n; j++)
    row[0][j] = (unsigned)j;
  for (size_t i = 1; i <= m; i++) {
    unsigned *now = row[i % 3], *up = row[(i - 1) % 3], *up2 = row[(i + 1) % 3];
    now[0] = (unsigned)i;
    for (size_t j = 1; j <= n; j++) {
      bool same = lower(a[i - 1]) == lower(b[j - 1]);
      unsigned best = up[j - 1] + !same;
      if (up[j] + 1 < best)
        best = up[j] + 1;
      if (now[j - 1] + 1 < best)
        best = now[j - 1] + 1;
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1]) && up2[j - 2] + 1 < best)
        best = up2[j - 2] + 1;
      now[j] = best;
    }
  }
  return row[m % 3][n];
}

void nearest_start(struct nearest *n, const char *wanted, size_t bytes)
{
  if (bytes >= sizeof n->wanted)
    bytes = sizeof n->wanted - 1;
  memcpy(n->wanted, wanted, bytes);
  n->wanted[bytes] = 0;
  n->best[0] = 0;
  n->distance = (unsigned)(bytes / 3); /* below three letters only the case may differ */
}

void nearest_try(struct nearest *n, const char *candidate)
{
  if (!*candidate || strlen(candidate) >= sizeof n->best)
    return;
  unsigned distance = edit_distance(n->wanted, candidate);
  if (distance < n->distance || (distance == n->distance && !n->best[0])) {
    n->distance = distance;
    snprintf(n->best, sizeof n->best, "%s", candidate);
  }
}

const char *nearest_cure(struct nearest *n, const char *otherwise, char out[PROBLEM_TEXT])
{
  if (n->best[0])
    snprintf(out, PROBLEM_TEXT, "did you mean %s?", n->best);
  else
    snprintf(out, PROBLEM_TEXT, "%s", otherwise ? otherwise : "");
  return out;
}
