/* What the compiler tells about an innermost loop: see pipeline.h for the words. */
#ifndef VTPU_ASM_LOWER_LOOP_REPORT_H
#define VTPU_ASM_LOWER_LOOP_REPORT_H

#include "isa/isa.h"

struct loop_report {
  char kernel[48];
  int loop;                  /* of that kernel's innermost loops, from 0 */
  int layer, sentron;        /* of the first kernel of this form */
  int kernels;               /* of this form in the program, layers and sentrons together */
  bool pipelined;            /* else ii, stages and unroll are 0 and `why` says why */
  int ops[PIPE_COUNT];       /* of one round */
  int resource_ii;           /* minimum II from resources: operations of the busiest pipe, */
  enum pipe resource_pipe;   /* this one */
  int recurrence_ii;         /* minimum II from recurrences, */
  char recurrence[120];      /* of these operations, back along the circuit; "" if none */
  int minimum_ii, ii;        /* minimum: the greater of both */
  int stages, unroll;        /* rounds in flight; rounds in the hardware loop's body */
  int live[2], available[2]; /* FILE_R, FILE_P: most renamed registers live, those not kept */
  int latency;               /* cycles assumed at most from a gather to its use, */
  int latency_wanted;        /* less than what the kernel asked for if registers ran out */
  int kept[2];               /* registers that hold one value through the loop */
  int64_t rounds;            /* trip count; -1: in a register */
  int overhead;              /* cycles beyond rounds * ii: filling and draining */
  int64_t cycles; /* predicted, all data where the kernel assumes it; -1: rounds unknown */
  char why[120];  /* ii above the minimum, or not pipelined: why; else "" */
};

#endif
