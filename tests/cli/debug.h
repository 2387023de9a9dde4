/* `vtpu debug` with scripts: what its tests share. */
#ifndef VTPU_TESTS_CLI_DEBUG_H
#define VTPU_TESTS_CLI_DEBUG_H

#include "tests/cli/command.h"

/* The object of asm/examples/NAME.s. */
const char *debug_example(const char *name);
/* Runs the lines as a script (-x), which ends at the first failure. */
void debug_script(struct command *c, const char *object, const char *options, const char *lines);
/* Runs the lines from standard input, which goes on after failures. */
void debug_lines(struct command *c, const char *object, const char *options, const char *lines);
/* The script must succeed and print exactly this. */
void debug_expect(const char *file, int line, const char *object, const char *options,
                  const char *lines, const char *expected);
#define DEBUG_EXPECT(...) debug_expect(__FILE__, __LINE__, __VA_ARGS__)

#endif
