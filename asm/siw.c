/* One SIW: { D-op | S-op | C-op } and the marks of the loops that end with it, :l0:l1. The pipe of
 * an operation follows from its mnemonic, so order and number of the slots are free. */
#include "asm/parser.h"

#include <stdio.h>
#include <string.h>

static const char *register_name(int index, char out[16])
{
  static const int base[] = {REG_R, REG_P, REG_M, REG_L};
  int file = index >= REG_L ? 3 : index >= REG_M ? 2 : index >= REG_P ? 1 : 0;
  snprintf(out, 16, "%c%d", "rpml"[file], index - base[file]);
  return out;
}

/* Architecture, section 2: two slots of one SIW never write the same register. */
static bool check_writes(struct parser *ps, const struct siw_draft *draft)
{
  int writer[REG_COUNT];
  memset(writer, -1, sizeof writer);
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++) {
    struct reg_use use;
    if (!draft->op[pipe])
      continue;
    slot_registers((enum pipe)pipe, &draft->item.bundle.slot[pipe], &use);
    for (int i = 0; i < use.writes; i++) {
      int reg = use.write[i], other = writer[reg];
      char name[16];
      if (other >= 0) {
        const char *a = draft->item.slot[other], *b = draft->item.slot[pipe];
        return fail(ps, a > b ? a : b, "write another register, or put one into the next SIW",
                    "%s is written by two operations of one SIW: %s (%c slot) and %s (%c slot)",
                    register_name(reg, name), draft->op[other]->mnemonic, pipe_letter[other],
                    draft->op[pipe]->mnemonic, pipe_letter[pipe]);
      }
      writer[reg] = pipe;
    }
  }
  return true;
}

/* Section 5, "Loops": what changes the order of execution cannot stand on a marked SIW. */
static bool check_marks(struct parser *ps, const struct siw_draft *draft)
{
  for (int pipe = 0; pipe < PIPE_COUNT && draft->item.bundle.loop_ends; pipe++) {
    const struct op_info *op = draft->op[pipe];
    for (int i = 0; op && i < op->operand_count; i++)
      if (operand_table[op->operands[i]].spelling == SPELL_TARGET)
        return fail(ps, draft->item.slot[pipe], "end the loop with a SIW of its own",
                    "%s stands on a SIW that ends a loop", op->mnemonic);
  }
  return true;
}

/* Lanes, widths and parts against DLEN: what the loader would say, shown at the operation. */
static bool check_decodes(struct parser *ps, const struct siw_draft *draft)
{
  struct siw siw;
  struct bundle back;
  struct vtpu_error err = {0};
  if (!siw_encode(&draft->item.bundle, &siw, &err) && !siw_decode(&siw, ps->dlen, &back, &err))
    return true;
  const char *at = draft->item.at, *what = err.message;
  for (int pipe = 0; pipe < PIPE_COUNT; pipe++)
    if (err.message[0] == pipe_letter[pipe] && !strncmp(err.message + 1, " slot: ", 7) &&
        draft->item.slot[pipe]) {
      at = draft->item.slot[pipe];
      what += 8;
    }
  const char *cure = strchr(what, '\n');
  int length = cure ? (int)(cure - what) : (int)strlen(what);
  if (cure)
    cure += strspn(cure, "\n ");
  return fail(ps, at, cure, "%.*s", length, what);
}

static bool parse_slots(struct parser *ps, struct siw_draft *draft)
{
  char what[SEEN_BYTES];
  for (;;) {
    skip(ps);
    if (!take(ps, '-') && !next_is(ps, '|') && !next_is(ps, '}') && !parse_slot(ps, draft))
      return false;
    if (take(ps, '}'))
      return true;
    if (ps->p >= ps->end)
      return fail(ps, draft->item.at, "end it with }", "this SIW has no end");
    if (!take(ps, '|'))
      return fail(ps, ps->p, NULL, "expected | or } after an operation, not %s", seen(ps, what));
  }
}

/* After an error: past the closing brace, if it comes before another SIW or a directive. */
static void skip_to_brace(struct parser *ps)
{
  for (const char *q = ps->p; q < ps->end && *q != '{'; q++) {
    if (*q == '}') {
      ps->p = q + 1;
      return;
    }
    if (*q == '\n' && q + 1 < ps->end && q[1] == '.')
      return;
  }
}

bool parse_siw(struct parser *ps)
{
  struct siw_draft draft = {0};
  draft.item.at = ps->p++;
  ps->braces = 1;
  ps->parens = 0;
  bool ok = parse_slots(ps, &draft);
  ps->braces = 0;
  if (!ok) {
    if (ps->problem.at < ps->end && *ps->problem.at == '{')
      fail(ps, draft.item.at, "end it with } before the next {", "this SIW has no end");
    skip_to_brace(ps);
    return false;
  }
  while (take(ps, ':')) {
    int32_t l;
    if (!parse_register(ps, FILE_L, &l))
      return false;
    draft.item.bundle.loop_ends |= (uint8_t)(1 << l);
  }
  if (!check_writes(ps, &draft) || !check_marks(ps, &draft) || !check_decodes(ps, &draft))
    return false;
  struct code_item *item = list_add(&ps->code, sizeof *item);
  if (!item)
    return fail_memory(ps);
  *item = draft.item;
  return true;
}
