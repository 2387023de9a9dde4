/* What a loop of reads takes, to the cycle, added up from the rules of ports, arrival and operands
 * (architecture, sections 4 and 5). The engine has short cuts for whole rounds of such loops. */
#include "tests/asm/texts.h"
#include "tests/harness/harness.h"
#include "tests/sim/run_text.h"

#include <stdio.h>
#include <string.h>

/* A loop whose body multiplies what it gathered a round before, `width` times, over pages that lie
 * in L1 or in L2. */
static uint64_t loop_cycles(const char *settings, int width, int pages, int passes)
{
  char text[4096];
  size_t n = (size_t)snprintf(text, sizeof text,
                              ".region all, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=%d\n"
                              "{ CLOOP l1, %d, back }\n{ CLOOP l0, %d, last }\n",
                              pages, passes, pages * PAGE_CELLS / width);
  for (int i = 0; i < width; i++)
    n += (size_t)snprintf(text + n, sizeof text - n,
                          "%s{ DFMA.f32 r%d, r%d, r15, r%d | SGATHER r%d, [p0], 64 | "
                          "CSTEP p0, linear, 1 }%s\n",
                          i + 1 == width ? "last: " : "", 7 + i, i, 7 + i, i,
                          i + 1 == width ? " :l0" : "");
  snprintf(text + n, sizeof text - n, "back: { CSTEP p0, linear, %d } :l1\n", -PAGE_CELLS * pages);
  return cycles_of(text, settings);
}

static int largest(int a, int b)
{
  return a > b ? a : b;
}

/* A round takes as long as its longest chain or its busiest port, to the cycle. */
T_TEST(loops, a_loop_takes_its_recurrence_or_its_busiest_port)
{
  struct random r = {23};
  for (int i = 0; i < 60; i++) {
    bool in_l1 = i % 2;
    int width = 1 << random_below(&r, 3), f32 = 1 + (int)random_below(&r, 9);
    int hit = 1 + (int)random_below(&r, 3), latency = 1 + (int)random_below(&r, 12);
    int interval = (int)random_below(&r, 4);
    char s[300];
    snprintf(s, sizeof s,
             "cores=1 latency_f32=%d ptc_hit=%d %s_latency=%d %s_interval=%d memory_entries=64 %s",
             f32, hit, in_l1 ? "l1" : "l2", latency, in_l1 ? "l1" : "l2", interval,
             in_l1 ? "" : "l1_bytes=4096");
    int few = in_l1 ? 2 : 4;
    /* What more passes add, and of that what the longer pass adds: rounds, and nothing else. */
    uint64_t rounds = 4 * (uint64_t)(few * PAGE_CELLS / width);
    uint64_t longer = loop_cycles(s, width, 2 * few, 8) - loop_cycles(s, width, 2 * few, 4);
    uint64_t shorter = loop_cycles(s, width, few, 8) - loop_cycles(s, width, few, 4);
    int period = largest(largest(width, width * interval), largest(f32, hit + latency));
    if (longer - shorter != rounds * (uint64_t)period)
      T_FAIL("a round of %d takes %.3f cycles instead of %d [%s]", width,
             (double)(longer - shorter) / (double)rounds, period, s);
  }
}

/* The cycles of a loop of two reads that hit L1 and a use of the second, `rounds` times, and of a
 * read behind it; by the rules of ports, arrival and operands, one SIW after the other. */
static uint64_t two_reads_by_rule(uint64_t rounds, uint64_t hit, uint64_t latency,
                                  uint64_t interval, uint64_t add)
{
  uint64_t t = 0, port = 0, owed[2] = {0, 0}, sum = 0;
  for (uint64_t i = 0; i < 3 * rounds + 2; i++) {
    unsigned k = i < 3 * rounds ? (unsigned)(i % 3) : i == 3 * rounds ? 0 : 3;
    uint64_t ready = k == 0 ? owed[0] : k == 1 ? owed[1] : k == 2 ? owed[1] : owed[0];
    ready = k >= 2 && sum > ready ? sum : ready;
    t = ready > t ? ready : t;
    if (k < 2) {
      uint64_t start = t + hit > port ? t + hit : port;
      port = start + interval;
      owed[k] = start + latency;
    } else {
      sum = t + add;
    }
    t++;
  }
  return sum > t ? sum : t;
}

T_TEST(loops, a_loop_of_two_reads_takes_what_the_rules_add_up_to)
{
  struct random r = {24};
  for (int i = 0; i < 100; i++) {
    int hit = 1 + (int)random_below(&r, 3), latency = 1 + (int)random_below(&r, 5);
    int interval = (int)random_below(&r, 8), add = 1 + (int)random_below(&r, 9);
    int rounds = 30 + (int)random_below(&r, 50);
    char s[200], text[2][800];
    for (int with = 0; with < 2; with++) {
      int n = snprintf(text[with], sizeof text[with],
                       ".region all, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1\n"
                       "{ SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 64 }\n"
                       "{ SGATHER r2, [1.0.0/0.0.0/0.0.0/0.0], 64 | CFENCE.core }\n");
      snprintf(text[with] + n, sizeof text[with] - (size_t)n,
               with ? "{ CLOOP l0, %d, last }\n"
                      "{ SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 64 }\n"
                      "{ SGATHER r2, [1.0.0/0.0.0/0.0.0/0.0], 64 }\n"
                      "last: { DADD r3, r2, r3 } :l0\n"
                      "{ SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 64 }\n{ DADD r3, r1, r3 }\n"
                    : "{ CLOOP l1, %d, only }\nonly: { } :l1\n",
               with ? rounds : 1);
    }
    snprintf(s, sizeof s, "cores=1 ptc_hit=%d l1_latency=%d l1_interval=%d latency_add=%d", hit,
             latency, interval, add);
    /* The second ends with one SIW behind its CLOOP. */
    uint64_t got = cycles_of(text[1], s) - (cycles_of(text[0], s) - 1);
    uint64_t want = two_reads_by_rule((uint64_t)rounds, (uint64_t)hit, (uint64_t)latency,
                                      (uint64_t)interval, (uint64_t)add);
    if (got != want)
      T_FAIL("%d rounds take %llu cycles instead of %llu [%s]", rounds, (unsigned long long)got,
             (unsigned long long)want, s);
  }
}

/* A read of r1 at `t`, or of r2, by the rules; returns the cycle after its issue. */
static uint64_t read_by_rule(uint64_t t, uint64_t *owed, uint64_t *port, uint64_t hit,
                             uint64_t latency, uint64_t interval)
{
  t = *owed > t ? *owed : t;
  uint64_t start = t + hit > *port ? t + hit : *port;
  *port = start + interval;
  *owed = start + latency;
  return t + 1;
}

/* Where a loop is entered and left, reads outside of it take the port that its own want. */
T_TEST(loops, reads_around_a_loop_share_its_port)
{
  struct random r = {25};
  for (int i = 0; i < 100; i++) {
    bool at_end = i % 2;
    int hit = 1 + (int)random_below(&r, 2), latency = 1 + (int)random_below(&r, 5);
    int interval = 1 + (int)random_below(&r, 9), fillers = 1 + (int)random_below(&r, 9);
    int rounds = 30 + (int)random_below(&r, 20), passes = 1 + (int)random_below(&r, 4);
    char s[200], text[1600], body[800];
    size_t n = 0;
    static const char read[] = "{ SGATHER r1, [0.0.0/0.0.0/0.0.0/0.0], 64 }";
    n += (size_t)snprintf(body + n, sizeof body - n, "%s", at_end ? "" : read);
    for (int k = 0; k < fillers; k++)
      n += (size_t)snprintf(body + n, sizeof body - n, "%s\n{ }",
                            !at_end && k + 1 == fillers ? "\nlast: " : "");
    snprintf(body + n, sizeof body - n, "%s%s :l0\n", at_end ? "\nlast: " : "", at_end ? read : "");
    snprintf(text, sizeof text,
             ".region all, rom, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1\n"
             "%s\n{ SGATHER r2, [1.0.0/0.0.0/0.0.0/0.0], 64 | CFENCE.core }\n"
             "{ CLOOP l1, %d, back }\n"
             "{ SGATHER r2, [1.0.0/0.0.0/0.0.0/0.0], 64 | CLOOP l0, %d, last }\n%s"
             "back: { SGATHER r2, [1.0.0/0.0.0/0.0.0/0.0], 64 } :l1\n"
             "{ DADD r3, r2, r2 }\n",
             read, passes, rounds, body);
    snprintf(s, sizeof s, "cores=1 ptc_hit=%d l1_latency=%d l1_interval=%d", hit, latency,
             interval);
    uint64_t t = 1, one = 0, two = 0, port = 0; /* from the outer CLOOP on */
#define READ(t, owed)                                                                              \
  read_by_rule(t, owed, &port, (uint64_t)hit, (uint64_t)latency, (uint64_t)interval)
    for (int p = 0; p < passes; p++) {
      t = READ(t, &two);
      for (int k = 0; k < rounds; k++) {
        t = at_end ? t + (uint64_t)fillers : READ(t, &one);
        t = at_end ? READ(t, &one) : t + (uint64_t)fillers;
      }
      t = READ(t, &two);
    }
#undef READ
    t = (two > t ? two : t) + 1;
    t = one > t ? one : t;
    /* Before: the walk, the reads of both lines from DDR, and spawn. */
    char *cut = strstr(text, "{ CLOOP l1");
    uint64_t whole = cycles_of(text, s);
    *cut = '\0';
    uint64_t before = cycles_of(text, s);
    if (whole - before != t)
      T_FAIL("it takes %llu cycles instead of %llu: %d passes of %d rounds with %d fillers, read "
             "%s [%s]",
             (unsigned long long)(whole - before), (unsigned long long)t, passes, rounds, fillers,
             at_end ? "last" : "first", s);
  }
}
