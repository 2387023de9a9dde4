/* The command `vtpu`: what its subcommands share. One file a subcommand, cmd_NAME.c; the table of
 * them is in main.c. This folder may know every room; nothing includes it.
 *
 * A subcommand gets its own argv (argv[0] is "vtpu NAME", for messages), prints what is to be
 * printed and returns the exit status: 0, or the category of its error (isa/error.h).
 */
#ifndef VTPU_SIM_CLI_CLI_H
#define VTPU_SIM_CLI_CLI_H

#include "isa/machine.h"

#include <argp.h>
#include <stdint.h>

#define VTPU_VERSION "0.1.0"

/* Exit status after Ctrl-C, as shells have it: 128 + SIGINT. */
enum { CLI_INTERRUPTED = 130 };

int cmd_asm(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_cosim(int argc, char **argv);
int cmd_debug(int argc, char **argv);
int cmd_disasm(int argc, char **argv);
int cmd_infer(int argc, char **argv);
int cmd_locality(int argc, char **argv);
int cmd_lower(int argc, char **argv);
int cmd_machine(int argc, char **argv);
int cmd_manual(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_trace(int argc, char **argv);

/* Prints "vtpu run: input error: message" on standard error; returns the category. */
int cli_fail(const char *command, const struct vtpu_error *err);

/* The command as it was typed, quoted for a shell; to be taken before options are parsed (which
 * puts them into another order). The caller frees it; NULL when memory ran out. */
char *cli_command_line(int argc, char **argv);

/* VTPU_SYSTEM when not all of standard output went through (a full disk, a closed pipe). */
int cli_flush_stdout(struct vtpu_error *err);

/* --- options ------------------------------------------------------------------------------- */

/* Is the file "-", that is standard input or output? */
bool cli_is_standard(const char *file);

/* The one file that a command is about, for both of argp's keys: remembers the argument
 * (ARGP_KEY_ARG), asks for it where none came (ARGP_KEY_END). what: "program", "trace", ... Ends
 * the program with a usage error where there are two, or none. */
void cli_one_file(struct argp_state *state, int key, const char *arg, const char *what,
                  const char **file);

/* Reads an option's number; ends the program with a usage error where it is none or outside. */
uint64_t cli_number(struct argp_state *state, const char *option, const char *text, uint64_t least,
                    uint64_t most);
double cli_real(struct argp_state *state, const char *option, const char *text, double least,
                double most);

/* --timeline, a child parser of the subcommands that run a program; its input is an unsigned, the
 * number of windows. */
extern const struct argp timeline_argp;

/* --machine and --set, a child parser of every subcommand that has a machine. Zero-initialised. */
struct machine_options {
  const char *name; /* preset or file; NULL: spec */
  const char **sets;
  size_t set_count;
};
extern const struct argp machine_argp;
int machine_from_options(const struct machine_options *o, struct machine *m,
                         struct vtpu_error *err);
/* The width of registers is the program's where the user has left it open: a preset without a width
 * of its own, and no --set dlen. */
void machine_take_dlen(const struct machine_options *o, uint32_t dlen, struct machine *m);
void machine_options_free(struct machine_options *o);

#endif
