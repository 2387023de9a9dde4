/* The assembler's inside: one pass over the text (asm/README.md) that fills lists, then
 * assemble.c resolves names and builds the object.
 *
 *   cursor.c      characters, names, numbers, where an error is and how it is shown
 *   expression.c  integer expressions and constants
 *   coordinate.c  coordinates
 *   slot.c        one operation: mnemonic and suffixes, from the tables of isa/
 *   operand.c     one operand, by its spelling
 *   siw.c         { D | S | C } :l0
 *   values.c      typed lists of values for data and initial registers
 *   directive.c   .region, .sentron, ... (with directive_sentron.c and directive_region.c)
 *   resolve.c     names to numbers
 *   assemble.c    statements, the object
 *   nearest.c     "did you mean"
 *
 * Every parse function returns true, or false after fail() has filled parser.problem. The one who
 * reads statements puts the problem into the report and goes on at the next statement.
 */
#ifndef VTPU_ASM_PARSER_H
#define VTPU_ASM_PARSER_H

#include "isa/object.h"
#include "isa/print.h"

enum { PROBLEM_TEXT = 400, PROBLEMS_MAX = 20 };

struct problem {
  const char *at; /* in the text */
  enum vtpu_category category;
  char what[PROBLEM_TEXT], cure[PROBLEM_TEXT];
};

/* A growing array; items are reached with ITEM. */
struct list {
  void *items;
  size_t count, capacity;
};
#define ITEM(type, list, i) (&((type *)(list).items)[i])
/* A new zeroed item at the end, NULL when the host has no memory. */
void *list_add(struct list *l, size_t item_bytes);

struct name {
  char text[OBJECT_NAME_BYTES];
  const char *at;
};

struct constant {
  struct name name;
  int64_t value;
};

/* A SIW named by label or number; numbers are known at once. */
struct target {
  bool named;
  uint32_t siw;
  struct name name;
};

/* A sentron or region named by name or by @number of its directive. */
struct reference {
  bool named;
  uint32_t index;
  struct name name;
};

struct label {
  struct name name;
  uint32_t siw;
};

/* `.symbol NAME, target`: resolved after the last label is known; keeps its place in the order. */
struct symbol {
  size_t label; /* index of a label, or SIZE_MAX */
  struct name name;
  struct target target;
};

struct fixup {
  uint32_t siw;
  enum pipe pipe;
  enum field_id field;
  struct name name;
};

struct code_item {
  struct bundle bundle;
  const char *at;               /* its opening brace */
  const char *slot[PIPE_COUNT]; /* its operations, NULL if none is written */
};

struct sentron_item {
  struct object_sentron sentron;
  bool section; /* entry and end come from where its directive stands */
  struct target entry, end;
  const char *at;
};

struct init_item {
  struct object_init init;
  struct reference sentron;
};

struct region_item {
  struct object_region region;
  struct name name;
};

struct group_item {
  struct object_group group;
  struct reference member[SENTRONS_PER_NODE_MAX]; /* named ones; numbers are in group.members */
  const char *at;
};

struct host_item {
  struct object_host host;
  struct reference sentron;
  struct list run; /* struct reference */
  const char *at;
};

struct data_item {
  struct object_data data; /* owns its content */
  const char *at;
};

struct mark_item {
  struct object_mark mark;
  const char *at;
};

struct parser {
  const char *name, *text, *end; /* text [text, end) */
  const char *p;                 /* cursor */
  int braces;                    /* inside { }: line ends are blanks */
  int parens;                    /* inside ( ) or [ ]: | is an operator */
  int depth;                     /* nesting of expressions */

  uint32_t dlen;
  bool dlen_given;
  struct object_needs needs;
  struct list constants, labels, symbols, fixups, code, sentrons, inits, regions, data, groups,
      hosts, marks;
  bool section_open, mark_open;
  bool nomain; /* no sentron is made when the text declares none */

  struct problem problem;
  int problem_count;
  struct vtpu_error *err;
  size_t err_used;
};

/* --- cursor.c ------------------------------------------------------------------------------ */

/* Fills ps->problem; returns false. `cure` may be NULL. */
bool fail(struct parser *ps, const char *at, const char *cure, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool fail_memory(struct parser *ps);
/* Appends ps->problem to the report with its place, source line and caret. */
void report(struct parser *ps);

/* Skips blanks and comments, and line ends inside braces. */
void skip(struct parser *ps);
/* skip, then: is the next character c? */
bool next_is(struct parser *ps, char c);
/* Takes c if it is next. */
bool take(struct parser *ps, char c);
bool expect(struct parser *ps, char c, const char *after);
/* After skip: at the end of the line or text? */
bool at_line_end(struct parser *ps);
bool expect_line_end(struct parser *ps);
/* A comma; in directives a line may end after it. */
bool take_comma(struct parser *ps);

bool is_word_start(char c);
bool is_word_char(char c);
/* Length of the bare word at the cursor (after skip), 0 if there is none. */
size_t word_length(struct parser *ps);
/* Is the word at the cursor this one (in any case)? Takes it if so. */
bool take_word(struct parser *ps, const char *word);
bool word_equals(const char *text, size_t bytes, const char *word);
/* An identifier or a quoted name, at most 47 bytes. */
bool parse_name(struct parser *ps, struct name *out, const char *what);
/* A quoted string with \" \\ \n \t \0 \xHH; bytes: [room]. */
bool parse_string(struct parser *ps, char *bytes, size_t room, size_t *count);
/* For messages: what stands at the cursor, cut short. */
enum { SEEN_BYTES = 48 };
const char *seen(struct parser *ps, char out[SEEN_BYTES]);

/* --- expression.c -------------------------------------------------------------------------- */

/* An integer expression, 64 bits, wrapping. */
bool parse_expression(struct parser *ps, int64_t *value);
/* An expression without operators: a number, a constant, or one in parentheses. */
bool parse_primary(struct parser *ps, int64_t *value);
/* An expression in a range; `what` names it in the error. */
bool parse_in_range(struct parser *ps, int64_t least, int64_t most, const char *what,
                    int64_t *value);
/* A number with point or exponent, inf or nan is next (with an optional sign)? */
bool float_is_next(struct parser *ps);
bool parse_float(struct parser *ps, double *value);
/* An f32 or bf16 value as its bits: a float, an integer expression (exact), or hexadecimal bits. */
bool parse_float_bits(struct parser *ps, enum elem type, uint32_t *bits);
bool add_constant(struct parser *ps, const struct name *name, int64_t value);

/* --- coordinate.c -------------------------------------------------------------------------- */

/* [1.2.3/4.5.6/7.8.9/10.11+8*], [a,b,...]+8*, or the first without brackets. */
bool parse_coordinate(struct parser *ps, struct coord *out);
/* Sizes of a box in pages, dotted like a coordinate; trailing ones may be left out. */
bool parse_extent(struct parser *ps, uint16_t extent[COORD_DIMS]);

/* --- slot.c, operand.c, siw.c
 * ------------------------------------------------------------------------- */

/* A SIW while it is read. */
struct siw_draft {
  struct code_item item;
  const struct op_info *op[PIPE_COUNT]; /* NULL: empty so far */
  const char *coord_at;                 /* who set the immediate coordinate */
};
bool parse_slot(struct parser *ps, struct siw_draft *draft);
bool parse_operand(struct parser *ps, const struct op_info *op, const struct operand_info *o,
                   struct siw_draft *draft, struct slot *slot);
/* A register of the file, e.g. "r3". */
bool parse_register(struct parser *ps, enum reg_file file, int32_t *number);
bool parse_target(struct parser *ps, int64_t most, struct target *out);
/* From "{" to the last mark; appends to ps->code. */
bool parse_siw(struct parser *ps);

/* --- values.c ------------------------------------------------------------------------------ */

struct value_bytes {
  uint8_t *bytes; /* owned */
  uint64_t count, capacity;
  bool ternary; /* t2 values */
};
/* "f32 1.0, 2.0 x 64, i8 3": at most `limit` bytes; `what` names the place in the error. */
bool parse_values(struct parser *ps, struct value_bytes *out, uint64_t limit, const char *what);
/* Is the word at the cursor one that starts a list of values (a type, bytes, hex)? */
bool value_type_is_next(struct parser *ps);

/* --- directive.c --------------------------------------------------------------------------- */

/* From "." to the end of the line. */
bool parse_directive(struct parser *ps);
/* A comma that has to be there. */
bool expect_comma(struct parser *ps, const char *after);
/* Takes "key =" if it is next. */
bool take_key(struct parser *ps, const char *key);
/* `known` lists what could stand here. */
bool fail_key(struct parser *ps, const char *known);
/* A sentron or region: its name, or @number in the order of the directives. */
bool parse_reference(struct parser *ps, struct reference *out, const char *what);
/* "all", or a node number. */
bool parse_node(struct parser *ps, uint16_t *node);
bool parse_u16(struct parser *ps, int64_t most, const char *what, uint16_t *out);
/* Values that fill up to `bytes` bytes; the rest of `to` stays. */
bool parse_into(struct parser *ps, uint8_t *to, uint64_t bytes, const char *what);
/* Ends an open section or mark at the code's present end. `at`: where to complain. */
bool close_section(struct parser *ps);
bool close_mark(struct parser *ps, const char *at);

/* directive_sentron.c, directive_region.c: the rest of the line after the directive's name. */
bool directive_sentron(struct parser *ps);
bool directive_init(struct parser *ps);
bool directive_group(struct parser *ps);
bool directive_host(struct parser *ps);
bool directive_region(struct parser *ps);
bool directive_data(struct parser *ps);

/* --- resolve.c ----------------------------------------------------------------------------- */

/* Resolves every name; reports each that leads nowhere. */
void resolve_all(struct parser *ps);

/* --- nearest.c ----------------------------------------------------------------------------- */

struct nearest {
  char wanted[64], best[64];
  unsigned distance;
};
void nearest_start(struct nearest *n, const char *wanted, size_t bytes);
void nearest_try(struct nearest *n, const char *candidate);
/* "did you mean X?" if one is near enough, else `otherwise`. */
const char *nearest_cure(struct nearest *n, const char *otherwise, char out[PROBLEM_TEXT]);

#endif
