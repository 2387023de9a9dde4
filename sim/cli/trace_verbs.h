/* The verbs of `vtpu trace`, one file or part of one each; the table of them is in cmd_trace.c. Each
 * gets its own argv (argv[0] is "vtpu trace VERB") and returns the exit status. */
#ifndef VTPU_SIM_CLI_TRACE_VERBS_H
#define VTPU_SIM_CLI_TRACE_VERBS_H

int trace_info_verb(int argc, char **argv);
int trace_show_verb(int argc, char **argv);
int trace_query_verb(int argc, char **argv);
int trace_diff_verb(int argc, char **argv);
int trace_export_verb(int argc, char **argv);
int trace_stat_verb(int argc, char **argv);
int trace_replay_verb(int argc, char **argv);

#endif
