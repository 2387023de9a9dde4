/* The interactive debugger, `vtpu debug`: what its files share.
 *
 *   session.c     time: the state that is shown, going on, going back (checkpoint and replay)
 *   events.c      the log: what will issue next, told by a second run that is ahead
 *   breaks.c      breakpoints and watchpoints: their table, reading them
 *   stops.c       what they say of an event, and whether they stop
 *   moves.c       the commands that go on and back
 *   travel.c      continue, step, finish, reverse: where to stop, and the stop itself
 *   expression.c  numbers, registers, cells, conditions
 *   words.c       the words of a line: sentrons, SIWs, coordinates and patterns of them
 *   values.c      contents as typed lanes, in the assembler's notation; `print`, `x`, `set`
 *   show.c        where we are: the line after a stop, disassembly, backtrace
 *   info.c        `info ...`
 *   commands.c    the table of commands, help, scripts
 *   terminal.c    line editing, history, completion
 *
 * How it stops exactly. There are two runs of one program. The *state* is what the user sees; it
 * runs untraced, and stops wherever vtpu_run is told to. The *scout* is traced and ahead of it:
 * what it reports is kept in the log, from which follows at which cycle the next breakpoint may
 * lie. Then the state is run to that cycle, conditions are asked there, and it goes on or stops. So
 * the state at a stop is that of a run without a debugger (sim/inspect.h says what "at a cycle"
 * means).
 *
 * Going back is a new state from the last checkpoint before, run to where it should be. What the
 * user has changed (`set`) stands in a journal and is changed again at its cycle, in the scout as
 * well.
 */
#ifndef VTPU_SIM_CLI_DEBUG_H
#define VTPU_SIM_CLI_DEBUG_H

#include "sim/cli/cli.h"
#include "sim/inspect.h"
#include "sim/report.h"

#include <stdio.h>

#define NEVER UINT64_MAX

/* --- words.c ------------------------------------------------------------------------------- */

/* Coordinates, each dimension from lo to hi. */
struct pattern {
  uint16_t lo[COORD_DIMS], hi[COORD_DIMS];
};

/* --- the log ------------------------------------------------------------------------------- */

/* An issue, as the scout saw it. */
struct event {
  uint64_t cycle, stall_cycles, ready;
  struct coord coord;
  unsigned sentron; /* index */
  uint32_t siw;
  uint32_t before; /* the SIW that this sentron issued before; UINT32_MAX: none */
  uint8_t stall, tier;
  bool has_memory, ptc_hit;
};

struct log {
  struct vtpu *scout;  /* NULL: the log is empty, and begins where the state is */
  uint64_t at;         /* the scout has run to here */
  size_t applied;      /* changes of the journal */
  struct event *event; /* [first, count) */
  size_t first, count, room;
  uint64_t known; /* every issue before this cycle is in the log */
  uint64_t slice; /* cycles to run next */
  bool over;      /* the program has ended */
  bool no_memory;
  uint32_t *last_siw; /* [sentrons] */
};

/* --- breakpoints --------------------------------------------------------------------------- */

enum break_kind {
  BREAK_SIW, /* first..last issue */
  BREAK_CYCLE,
  BREAK_ANY,    /* any issue of a sentron */
  BREAK_ACCESS, /* a memory operation on a coordinate */
  BREAK_MISS,   /* a miss of the PTC */
  BREAK_STALL,  /* a wait */
  BREAK_OP,     /* an operation */
  BREAK_MARK,   /* the first SIW in a marked region */
  WATCH_REGISTER,
  WATCH_CELL,
};

struct breakpoint {
  unsigned number;
  enum break_kind kind;
  bool enabled, temporary;
  int sentron;          /* index, -1: any */
  uint32_t first, last; /* SIWs */
  uint64_t cycle;
  struct pattern where;
  unsigned accesses; /* bits of enum access_kind */
  enum stall stall;
  uint64_t least;         /* cycles of the stall */
  const char *name;       /* BREAK_OP: mnemonic; BREAK_MARK: kernel */
  unsigned reg;           /* scoreboard index */
  struct coord cell;      /* with offset */
  unsigned node;          /* of the cell */
  unsigned offset, bytes; /* what is watched of the register, or of the cell from its offset */
  enum elem view;
  uint8_t was[64]; /* a watch's contents when last looked at */
  bool there;      /* a watched cell is allocated, a register has a value */
  char *text;      /* what the user wrote */
  char *condition; /* NULL: none */
  char *commands;  /* to be run after a stop, with ; between them; NULL: none */
  uint64_t hits, ignore;
};

/* A cycle at which a breakpoint may have to stop. */
struct candidate {
  uint64_t cycle;
  unsigned number;  /* of the breakpoint */
  unsigned sentron; /* whose event it was */
  struct event event;
  uint8_t was[64]; /* of a watch that was found going back: its contents before */
  bool there;
};

/* --- the session --------------------------------------------------------------------------- */

struct snapshot {
  uint64_t cycle;
  char *path;     /* NULL: the fresh program */
  size_t applied; /* changes of the journal that it contains */
  bool wanted;    /* by the user: not thinned out */
};

struct change {
  uint64_t cycle;
  bool cell;
  unsigned place; /* sentron or node */
  unsigned reg;
  struct coord coord;
  unsigned bytes;
  uint8_t value[64];
};

enum debug_end { END_NOT, END_DONE, END_FAULT, END_DEADLOCK };

struct display {
  unsigned number;
  char *text; /* of the print command, with its format */
};

struct debug {
  const char *command; /* "vtpu debug", for messages */
  const char *program;
  struct object object;
  struct bundle *code; /* [siw_count] */
  struct machine machine;
  const char *load; /* phext space to begin with; NULL: none */

  struct vtpu *state;
  uint64_t at;        /* the state is at this cycle */
  size_t applied;     /* changes of the journal in it */
  uint64_t looked;    /* breakpoints have been looked at before this cycle */
  enum debug_end end; /* how the program ends here */
  struct vtpu_error end_error;
  uint32_t end_siw; /* of a fault */
  unsigned focus;   /* sentron that commands are about */

  struct snapshot *snapshot; /* ascending; the first is the fresh program */
  size_t snapshot_count, snapshot_room;
  unsigned snapshot_number; /* of files */
  char *folder;             /* of their files; NULL until needed */
  double snapshot_at;       /* host time of the last one */
  struct change *journal;   /* ascending */
  size_t journal_count, journal_room;

  struct log log;
  struct breakpoint *breaks;
  size_t break_count;
  unsigned break_number;
  struct candidate *candidate; /* [first, first + count), ascending by cycle */
  size_t candidate_first, candidate_count, candidate_room;
  struct display *displays;
  size_t display_count;
  unsigned display_number;

  enum elem view; /* of registers and cells, unless said */
  bool interactive;
  bool quit;
  bool dry;           /* an expression is only to be read: places count as zero */
  int quit_status;    /* -1: not given */
  int status;         /* the first failed command's category, in a script */
  unsigned depth;     /* of scripts */
  char *after;        /* commands of the breakpoints of the last stop, still to be run; NULL: none */
  bool in_after;      /* they are being run */
  bool moved;         /* and one of them has gone on or back */
  uint32_t list_next; /* where `list` goes on */
  struct coord x_next;
  unsigned x_count;
};

/* A command's failure: prints nothing; the caller of the command does. */
#define debug_fail(err, ...) vtpu_fail(err, VTPU_USAGE, __VA_ARGS__)

/* --- session.c ----------------------------------------------------------------------------- */

int debug_open(struct debug *d, struct vtpu_error *err); /* object and machine are there */
void debug_close(struct debug *d);
/* A run at `cycle`, with the journal's changes up to there: from the last snapshot. *applied: how
 * many. traced: its issues go to the log. 130 when interrupted. */
int session_make(struct debug *d, uint64_t cycle, bool traced, struct vtpu **out, size_t *applied,
                 struct vtpu_error *err);
/* Runs the state on to `cycle`, or to the program's end (d->end), or until Ctrl-C (returns
 * CLI_INTERRUPTED). */
int session_advance(struct debug *d, uint64_t cycle, struct vtpu_error *err);
/* Puts the state anywhere. */
int session_go(struct debug *d, uint64_t cycle, struct vtpu_error *err);
int session_snapshot(struct debug *d, bool wanted, struct vtpu_error *err);
/* A change to state and scout, in the journal; what lay after this cycle is forgotten. */
int session_change(struct debug *d, const struct change *c, struct vtpu_error *err);
/* Forgets changes and checkpoints that lie after the state. */
void session_forget(struct debug *d);
/* Runs v from its cycle to `cycle`, with the journal's changes. */
int session_replay(struct debug *d, struct vtpu *v, uint64_t *at, size_t *applied, uint64_t cycle,
                   enum vtpu_status *status, struct vtpu_error *err);
/* Ctrl-C since the last look at it. */
bool session_interrupted(void);
void session_catch_signals(struct debug *d);
bool session_signalled(void); /* that, or the next; still to be looked at */
bool session_hung_up(void);   /* the terminal is gone, or SIGTERM, or Ctrl-C in a script */

/* --- events.c ------------------------------------------------------------------------------ */

vtpu_trace_fn log_note; /* user: struct debug */
/* Makes the log begin at the state. */
int log_start(struct debug *d, struct vtpu_error *err);
/* Runs the scout on by a slice. */
int log_extend(struct debug *d, struct vtpu_error *err);
/* Drops what is neither ahead of the state nor in flight. */
void log_trim(struct debug *d);
void log_clear(struct debug *d);

/* --- breaks.c ------------------------------------------------------------------------------ */

enum access_kind { ACCESS_GATHER, ACCESS_SCATTER, ACCESS_PREFETCH, ACCESS_FLUSH, ACCESS_KINDS };
extern const char *const access_names[ACCESS_KINDS];
/* Adds one from the words of `break` or `watch`. */
int break_add(struct debug *d, const char *words, bool temporary, struct vtpu_error *err);
int watch_add(struct debug *d, const char *words, struct vtpu_error *err);
struct breakpoint *break_find(struct debug *d, unsigned number);
void break_delete(struct debug *d, struct breakpoint *b);
/* What a watch looks at now; false: a cell that is not allocated, a register without value. */
bool watch_read(const struct debug *d, const struct breakpoint *b, uint8_t out[64]);

/* --- stops.c ------------------------------------------------------------------------------- */

/* The cycles at which an event may make it stop; returns how many, 0 to 2. */
unsigned break_candidates(const struct debug *d, const struct breakpoint *b, const struct event *e,
                          uint64_t cycle[2]);
bool break_needs_events(const struct debug *d); /* is one enabled that is not of a cycle? */
/* Does it stop here? Asks its condition and counts (`counted`). Prints what it stopped for if
 * `print`. */
bool break_stops(struct debug *d, struct breakpoint *b, const struct candidate *c, bool counted,
                 bool print);
/* Notes the contents of every watch. */
void watch_look(struct debug *d);
void break_list(struct debug *d);
void break_describe(const struct debug *d, const struct breakpoint *b, char *out, size_t bytes);

/* --- travel.c ------------------------------------------------------------------------------ */

enum goal_kind {
  GOAL_END,     /* only breakpoints, and the limit */
  GOAL_ISSUES,  /* the focus has issued `count` SIWs and is about to issue another */
  GOAL_OUTSIDE, /* the focus is about to issue one outside of first..last, after its next one */
  GOAL_PLACE,   /* the focus is about to issue SIW `first`, after its next one */
  GOAL_ANYBODY, /* `count` cycles in which somebody issues */
};
struct goal {
  enum goal_kind kind;
  uint64_t limit; /* cycle; NEVER: none */
  uint64_t count;
  uint32_t first, last;
  uint64_t seen, last_seen; /* events of the focus so far; the cycle of the last */
  uint64_t reached;         /* cycle; NEVER: not known yet */
  bool retired;             /* reached because the focus retired */
};
int travel(struct debug *d, struct goal goal, struct vtpu_error *err);
/* An issue of the focus that is gone back to: the last but count - 1. */
struct back_goal {
  uint64_t count;
  uint32_t first, last; /* of these SIWs */
  bool enters;          /* that comes from a SIW outside of them */
};
int travel_back_issues(struct debug *d, struct back_goal goal, struct vtpu_error *err);
int travel_back(struct debug *d, struct vtpu_error *err);               /* reverse-continue */
int travel_to(struct debug *d, uint64_t cycle, struct vtpu_error *err); /* past all breakpoints */
/* After a stop: where, and the displays. */
void travel_show_stop(struct debug *d);

/* --- words.c ------------------------------------------------------------------------------- */

/* The next word of *p (blanks skipped), NULL at the end; moves *p. */
char *word_next(const char **p, char *out, size_t bytes);
const char *word_skip(const char *p);
bool word_is_end(const char *p);
int parse_count(const char *text, uint64_t least, uint64_t most, const char *what, uint64_t *out,
                struct vtpu_error *err);
/* All that is left of a line: a count (1 if it is left out), a file's name, nothing. */
int one_count(const char *args, uint64_t *count, struct vtpu_error *err);
int one_path(const char *args, char *path, size_t bytes, struct vtpu_error *err);
int nothing_more(const char *args, struct vtpu_error *err);
/* A sentron: name, node.number, or @index. */
int parse_sentron(const struct debug *d, const char *text, unsigned *out, struct vtpu_error *err);
/* A SIW: label, label+n, @n, n, or "." for the focus' next one. */
int parse_siw_place(const struct debug *d, const char *text, uint32_t *out, struct vtpu_error *err);
/* A cell at the beginning of *p: a coordinate with or without brackets, [p0], a region's name. */
int parse_cell(const struct debug *d, const char **p, struct coord *out, struct vtpu_error *err);
/* A pattern: a coordinate whose parts may be *, a-b, or left out at the end; or a region. */
int parse_pattern(const struct debug *d, const char *text, struct pattern *out,
                  struct vtpu_error *err);
/* The mark that a SIW lies in, -1: none. */
int mark_of(const struct debug *d, uint32_t siw);
bool pattern_has(const struct pattern *p, struct coord c);
int parse_elem(const char *text, enum elem *out);        /* 0 if it is one */
const char *siw_label(const void *object, uint32_t siw); /* for siw_labels */
char *sentron_text(const struct debug *d, unsigned sentron, char out[80]);

/* --- expression.c -------------------------------------------------------------------------- */

struct number {
  bool real;
  int64_t i;
  double f;
};
/* What an expression names: a register or cell, whole or a part. */
struct place {
  bool cell;
  unsigned sentron, node;
  unsigned reg;
  struct coord coord;
  enum elem view;
  bool view_given;
  int lane; /* -1: all */
  int dim;  /* of a p register: 0..10, 11 its offset; -1: all */
};
/* Evaluates all of `text`, or only reads it, to tell early that it is wrong. */
int evaluate_dry(struct debug *d, const char *text, struct vtpu_error *err);
int evaluate(const struct debug *d, const char *text, struct number *out, struct vtpu_error *err);
/* If the text begins with a place: reads it and moves *p behind. 1: it is none. */
int parse_place(const struct debug *d, const char **p, struct place *out, struct vtpu_error *err);

/* --- values.c ------------------------------------------------------------------------------ */

enum view_style { STYLE_VALUES, STYLE_HEX };
/* Lane i of bytes in a type. */
struct number lane_number(const uint8_t *bytes, enum elem type, unsigned lane);
char *lane_print(const uint8_t *bytes, enum elem type, unsigned lane, char out[48]);
/* "f32 1.0 x 4, 2.0": as the assembler reads it. */
void lanes_print(FILE *out, const uint8_t *bytes, unsigned count, enum elem type);
/* Is a gather on its way to it? Then it has no value. */
bool register_fetched(const struct debug *d, unsigned sentron, unsigned reg);
int place_read(const struct debug *d, const struct place *p, uint8_t bytes[64], unsigned *count,
               struct vtpu_error *err);
int command_print(struct debug *d, const char *args, struct vtpu_error *err);
int command_examine(struct debug *d, const char *args, struct vtpu_error *err);
int command_set(struct debug *d, const char *args, struct vtpu_error *err);

/* --- show.c, info.c
 * -------------------------------------------------------------------------------- */

void show_where(struct debug *d);
struct vtpu_sentron_look look_at(const struct debug *d, unsigned sentron);
/* "issues in this cycle", "waits for ...", "retired". */
void print_doing(const struct debug *d, const struct vtpu_sentron_look *look);
int command_info(struct debug *d, const char *args, struct vtpu_error *err);
int command_list(struct debug *d, const char *args, struct vtpu_error *err);
int command_backtrace(struct debug *d, const char *args, struct vtpu_error *err);
extern const char *const info_names[];

/* --- moves.c ------------------------------------------------------------------------------- */

typedef int command_fn(struct debug *d, const char *args, struct vtpu_error *err);
command_fn do_run, do_continue, do_step, do_next, do_finish, do_cycle, do_tick, do_until, do_goto,
    do_reverse_step, do_reverse_next, do_reverse_finish, do_reverse_cycle, do_reverse_continue,
    do_checkpoint;
/* Those of breaks.c. */
command_fn do_break, do_tbreak, do_delete, do_enable, do_disable, do_condition, do_commands,
    do_ignore;

/* --- commands.c ---------------------------------------------------------------------------- */

enum completion {
  COMPLETE_NOTHING,
  COMPLETE_PLACES,
  COMPLETE_EXPRESSIONS,
  COMPLETE_COMMANDS,
  COMPLETE_INFO,
  COMPLETE_SENTRONS,
  COMPLETE_FILES
};
struct command {
  const char *name;
  const char *aliases; /* separated by blanks */
  const char *args;
  const char *summary;
  const char *more; /* lines; NULL: none */
  command_fn *run;
  enum completion completes;
  bool repeats; /* an empty line does it again */
};
extern const struct command debug_commands[];
extern const int debug_command_count;
/* The command that a word means; NULL with an error if it is none or several. */
const struct command *command_find(const char *word, struct vtpu_error *err);
/* Runs one line, and then what the breakpoints that it stopped at ask for; failures are printed, and
 * kept in d->status. Returns 0 or the category. */
int command_line(struct debug *d, const char *line);
/* Runs a file's lines; the first that fails ends it. */
int command_file(struct debug *d, const char *path, struct vtpu_error *err);

/* --- terminal.c ---------------------------------------------------------------------------- */

/* Reads and runs lines until the end of input or `quit`. */
int terminal_loop(struct debug *d, FILE *in, struct vtpu_error *err);

#endif
