/* Errors: every failure has a category, a place, a message and, where one is known, a cure.
 *
 * Library functions never print and never exit. They return 0, or the (non-zero) category,
 * and fill the caller's struct vtpu_error. The command-line tool prints the message and exits
 * with the category as its status.
 */
#ifndef VTPU_ISA_ERROR_H
#define VTPU_ISA_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

/* The category is also the exit status of `vtpu`. */
enum vtpu_category {
  VTPU_OK = 0,
  VTPU_BUG = 1,     /* a broken promise inside the tool itself: please report */
  VTPU_USAGE = 2,   /* wrong option, wrong combination of options */
  VTPU_INPUT = 3,   /* a file that the user gave is damaged, foreign or inconsistent */
  VTPU_PROGRAM = 4, /* the simulated program faulted, deadlocked or did not halt */
  VTPU_LIMIT = 5,   /* legal, but beyond what the model covers */
  VTPU_SYSTEM = 6,  /* the host refused: unwritable output, disk full, out of memory */
};

#define VTPU_ERROR_BYTES 4096

struct vtpu_error {
  enum vtpu_category category;
  char message[VTPU_ERROR_BYTES]; /* "place: what is wrong\n  cure" , NUL-terminated */
};

/* Fills err (which may be NULL) and returns category, so that a caller can
 * `return vtpu_fail(err, VTPU_INPUT, "%s:%d: ...", path, line);` */
int vtpu_fail(struct vtpu_error *err, enum vtpu_category category, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts a prefix (a place known only to the caller) before the message of a failed call and
 * returns its category. */
int vtpu_fail_prefix(struct vtpu_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "usage", "input", ... */
const char *vtpu_category_name(enum vtpu_category category);

#ifdef __cplusplus
}
#endif
#endif
