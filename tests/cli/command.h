/* Running the command as a user does, through a shell, and looking at what it gives back. */
#ifndef VTPU_TESTS_CLI_COMMAND_H
#define VTPU_TESTS_CLI_COMMAND_H

#include <jansson.h>

enum { COMMAND_HUNG = 124 };

struct command {
  int status;      /* exit status; 128 + signal; COMMAND_HUNG after two minutes */
  char *out, *err; /* what it printed, NUL-terminated */
};

/* Runs a line of shell in which "vtpu" is the binary under test. The result is good until
 * command_end or the next command of the same struct; start with {0}. */
void command(struct command *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
void command_end(struct command *c);

/* Fails the test unless the status is the expected one; shows what was printed. */
#define T_STATUS(c, expected) command_check(__FILE__, __LINE__, c, expected)
int command_check(const char *file, int line, const struct command *c, int expected);

/* A path in the test's temporary folder, kept until the binary ends. */
const char *temp_path(const char *name);
/* Writes a text to temp_path(name) and returns that path. */
const char *temp_text(const char *name, const char *text);

/* Assembles a text into temp_path(name) and returns that path; a failure is the test's. */
const char *assembled(const char *name, const char *text);

/* A whole file; *bytes may be NULL. NULL if it cannot be read. The caller frees it. */
char *read_file(const char *path, size_t *bytes);
int write_file(const char *path, const void *bytes, size_t count);

/* The JSON in a file or a text; a failure is the test's and gives an empty object. The caller drops
 * the reference. */
json_t *json_of_file(const char *path);
json_t *json_of_text(const char *text);

/* Member "a.b.2.c" of nested objects and arrays, NULL if there is none. Borrowed. */
json_t *json_at(json_t *j, const char *path);
/* The same as a number; a missing one is the test's failure. */
double json_number(json_t *j, const char *path);
long long json_whole(json_t *j, const char *path);
const char *json_text(json_t *j, const char *path);

/* A folder with a small Qwen3-shaped checkpoint of known weights without a tokenizer (vocabulary
 * 48, context 32), made once. */
const char *small_model(void);

#endif
