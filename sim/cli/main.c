/* vtpu: the one command that users type. Finds the subcommand and hands over. */
#include "sim/cli/cli.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const struct command {
  const char *name, *summary;
  int (*run)(int argc, char **argv);
} commands[] = {
    {"infer", "run a language model on the simulated machine and report where its cycles went",
     cmd_infer},
    {"run", "run an object file on the simulated machine", cmd_run},
    {"debug", "run an object file under an interactive debugger", cmd_debug},
    {"lower", "turn a checkpoint into an object file", cmd_lower},
    {"asm", "assemble a text into an object file", cmd_asm},
    {"disasm", "print an object file as text that assembles to the same object", cmd_disasm},
    {"locality", "run an object file once and tabulate the hit rates of many PTCs", cmd_locality},
    {"report", "make a page of HTML with figures from the reports of runs", cmd_report},
    {"cosim", "run an object file on the verilated core beside the simulator, every cycle compared",
     cmd_cosim},
    {"compare", "say what changed between the reports of two runs", cmd_compare},
    {"trace", "look into a trace file that run or infer wrote: show, query, compare, export",
     cmd_trace},
    {"machine", "print the parameters of a machine, as a file that --machine reads", cmd_machine},
    {"manual", "print the reference manual of the instruction set (Markdown)", cmd_manual},
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static void print_help(FILE *out)
{
  fprintf(out, "Usage: vtpu COMMAND [OPTION...]\n"
               "vtpu simulates the vTPU sentron architecture, cycle by cycle.\n\n");
  for (int i = 0; i < COMMAND_COUNT; i++)
    fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
  fprintf(out,
          "\n`vtpu COMMAND --help' lists the options of a command; `vtpu --version' the version.\n"
          "\nExit status: 0 done, 1 bug in vtpu, 2 wrong usage, 3 bad input file, 4 the\n"
          "simulated program failed, 5 beyond what the model covers, 6 refused by the host\n"
          "(unwritable output, disk full, out of memory), 130 interrupted.\n");
}

int main(int argc, char **argv)
{
  argp_err_exit_status = VTPU_USAGE;
  argp_program_version = "vtpu " VTPU_VERSION;
  signal(SIGXFSZ, SIG_IGN); /* a file at its size limit is a failed write, told as one */
  if (argc < 2) {
    print_help(stderr);
    return VTPU_USAGE;
  }
  const char *name = argv[1];
  if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "-?") == 0 ||
      strcmp(name, "help") == 0) {
    print_help(stdout);
    return VTPU_OK;
  }
  if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
    printf("%s\n", argp_program_version);
    return VTPU_OK;
  }
  for (int i = 0; i < COMMAND_COUNT; i++) {
    if (strcmp(name, commands[i].name) == 0) {
      char full[32];
      snprintf(full, sizeof full, "vtpu %s", name);
      argv[1] = full;
      return commands[i].run(argc - 1, argv + 1);
    }
  }
  fprintf(stderr, "vtpu: usage error: '%s' is not a command\n  `vtpu --help' lists the commands\n",
          name);
  return VTPU_USAGE;
}
