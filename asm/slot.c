/* One operation of a SIW: MNEMONIC[.type][.type2][.mode][.letter] operand, operand, ...
 *
 * Everything comes from the tables of isa/: the mnemonic picks the rows (several rows are several
 * forms of one operation, told apart by their operands), the row says which suffixes and operands
 * it has, operands.def how each is spelt. */
#include "asm/parser.h"

#include <stdio.h>
#include <string.h>

enum { SUFFIXES_MAX = 8 };

/* A part of the mnemonic after a point. */
struct suffix {
  const char *at;
  size_t bytes;
};

/* --- messages from the table --------------------------------------------------------------- */

static void type_names(unsigned set, char *out, size_t room)
{
  size_t used = 0;
  out[0] = 0;
  for (int e = 0; e < ELEM_COUNT; e++)
    if (set >> e & 1)
      used += (size_t)snprintf(out + used, room - used, "%s%s", used ? ", " : "", elem_names[e]);
}

static void mode_names(enum mode_list list, char *out, size_t room)
{
  size_t used = 0;
  out[0] = 0;
  for (int i = 0; i < mode_table_count; i++)
    if (mode_table[i].list == list && used < room)
      used +=
          (size_t)snprintf(out + used, room - used, "%s%s", used ? ", " : "", mode_table[i].name);
}

/* "DFMA rd, rs1[lane], rs2[lane], rs3[lane]" as a reminder. */
static const char *usage(const struct op_info *op, char out[PROBLEM_TEXT])
{
  static const char *const word[] = {
      [SPELL_COORD] = "[p or coordinate]",
      [SPELL_INT] = "number",
      [SPELL_UINT] = "number",
      [SPELL_AXIS] = "axis",
      [SPELL_COUNT] = "count",
      [SPELL_TARGET] = "label",
      [SPELL_RANGE] = "lo, hi",
  };
  size_t n = (size_t)snprintf(out, PROBLEM_TEXT, "%s", op->mnemonic), shown = 0;
  for (int i = 0; i < op->operand_count; i++) {
    const struct operand_info *o = &operand_table[op->operands[i]];
    const char *key = "", *comma = shown ? ", " : " ";
    int bytes = (int)operand_key(o, &key);
    char reg[16] = "";
    if (o->spelling == SPELL_SUFFIX)
      continue;
    if (o->file != FILE_N)
      snprintf(reg, sizeof reg, "%c%s", "rpml"[o->file], field_table[o->field].name + 1);
    if (bytes)
      n += (size_t)snprintf(out + n, PROBLEM_TEXT - n, "[%s%.*s %s]", comma, bytes, key,
                            reg[0] ? reg : "n");
    else if (o->spelling == SPELL_REG || o->spelling == SPELL_REGB || o->spelling == SPELL_REGL)
      n += (size_t)snprintf(out + n, PROBLEM_TEXT - n, "%s%s%s", comma, reg,
                            o->spelling == SPELL_REG ? "" : "[lane]");
    else
      n += (size_t)snprintf(out + n, PROBLEM_TEXT - n, "%s%s", comma, word[o->spelling]);
    shown++;
  }
  return out;
}

/* --- suffixes ------------------------------------------------------------------------------ */

static bool take_type(const struct suffix *s, const struct op_info *op, struct slot *slot,
                      int *types_seen)
{
  for (int e = 0; e < ELEM_COUNT; e++) {
    if (!word_equals(s->at, s->bytes, elem_names[e]))
      continue;
    if (*types_seen == 0)
      slot->type = e;
    else if (*types_seen == 1 && op_has_type2(op))
      slot->type2 = e;
    else
      return false;
    ++*types_seen;
    return true;
  }
  return false;
}

static bool take_mode(const struct suffix *s, const struct op_info *op, struct slot *slot,
                      bool *seen_mode)
{
  for (int i = 0; i < mode_table_count && op->modes != MODES_NONE && !*seen_mode; i++)
    if (mode_table[i].list == op->modes && word_equals(s->at, s->bytes, mode_table[i].name)) {
      slot->mode = mode_table[i].value;
      return *seen_mode = true;
    }
  return false;
}

static bool take_letter(const struct suffix *s, const struct op_info *op, struct slot *slot)
{
  for (int i = 0; i < op->operand_count; i++) {
    const struct operand_info *o = &operand_table[op->operands[i]];
    const char *letter;
    if (o->spelling == SPELL_SUFFIX && operand_key(o, &letter) == 1 && s->bytes == 1 &&
        (s->at[0] | 32) == *letter && !slot_get_field(slot, o->field)) {
      slot_set_field(slot, o->field, 1);
      return true;
    }
  }
  return false;
}

static bool fail_suffix(struct parser *ps, const struct op_info *op, const struct suffix *s)
{
  char types[64], modes[96], letters[32] = "", cure[PROBLEM_TEXT];
  size_t used = 0;
  for (int i = 0; i < op->operand_count; i++) {
    const struct operand_info *o = &operand_table[op->operands[i]];
    if (o->spelling == SPELL_SUFFIX && used < sizeof letters)
      used += (size_t)snprintf(letters + used, sizeof letters - used, "; %.2s", o->doc);
  }
  type_names(op->types, types, sizeof types);
  mode_names(op->modes, modes, sizeof modes);
  snprintf(cure, sizeof cure, "%s takes %s%s%s%s%s", op->mnemonic, types[0] ? "the types " : "",
           types[0] ? types : "no type", modes[0] ? "; the modes " : "", modes, letters);
  return fail(ps, s->at, cure, "%s has no suffix .%.*s here", op->mnemonic,
              s->bytes > 40 ? 40 : (int)s->bytes, s->at);
}

static bool parse_suffixes(struct parser *ps, const struct op_info *op, const struct suffix *suffix,
                           int count, struct slot *slot, int *types_seen)
{
  bool seen_mode = false;
  *types_seen = 0;
  for (int i = 0; i < count; i++)
    if (!take_type(&suffix[i], op, slot, types_seen) &&
        !take_mode(&suffix[i], op, slot, &seen_mode) && !take_letter(&suffix[i], op, slot))
      return fail_suffix(ps, op, &suffix[i]);
  if (*types_seen == 0 && op->types && !(op->types & T_I64) && !(op->types & (op->types - 1)))
    while (!(op->types >> slot->type & 1))
      slot->type++; /* the only type that it has */
  return true;
}

/* After the operands, so that of several forms the one that they fit complains. */
static bool check_suffixes(struct parser *ps, const struct op_info *op, const char *at,
                           const struct suffix *suffix, int count, const struct slot *slot,
                           int types_seen)
{
  char names[96], cure[PROBLEM_TEXT];
  type_names(op->types, names, sizeof names);
  snprintf(cure, sizeof cure, "%s takes %s", op->mnemonic, names);
  if (op_has_type2(op) && types_seen < 2)
    return fail(ps, at, cure, "%s needs two types, e.g. %s.f32.i8", op->mnemonic, op->mnemonic);
  if (op->types && !(op->types >> slot->type & 1)) {
    for (int i = 0; i < count; i++)
      if (word_equals(suffix[i].at, suffix[i].bytes, elem_names[slot->type]))
        at = suffix[i].at;
    if (types_seen == 0)
      return fail(ps, at, cure, "%s needs a type", op->mnemonic);
    return fail(ps, at, cure, "%s has no form for the type %s", op->mnemonic,
                elem_names[slot->type]);
  }
  if (op->modes != MODES_NONE) {
    bool seen_mode = false;
    struct slot scratch = {0};
    for (int i = 0; i < count; i++)
      take_mode(&suffix[i], op, &scratch, &seen_mode);
    mode_names(op->modes, names, sizeof names);
    if (!seen_mode)
      return fail(ps, at, NULL, "%s needs a mode: one of %s", op->mnemonic, names);
  }
  return true;
}

/* --- operands ----------------------------------------------------------------------------------
 */

/* The optional operand of the row whose key stands at the cursor (the cursor moves past it). */
static const struct operand_info *keyed_operand(struct parser *ps, const struct op_info *op,
                                                unsigned *given)
{
  size_t n = word_length(ps);
  for (int i = 0; i < op->operand_count && n; i++) {
    const struct operand_info *o = &operand_table[op->operands[i]];
    const char *key;
    size_t bytes = o->spelling == SPELL_SUFFIX ? 0 : operand_key(o, &key);
    char word[32];
    if (bytes == 0 || bytes >= sizeof word || *given >> i & 1)
      continue;
    memcpy(word, key, bytes);
    word[bytes] = 0;
    if (word_equals(ps->p, n, word)) {
      ps->p += n;
      *given |= 1u << i;
      return o;
    }
  }
  return NULL;
}

static bool parse_operands(struct parser *ps, const struct op_info *op, struct siw_draft *draft,
                           struct slot *slot)
{
  char what[SEEN_BYTES], cure[PROBLEM_TEXT];
  unsigned given = 0;
  int position = 0;
  for (bool first = true;; first = false) {
    while (position < op->operand_count) {
      const char *key;
      const struct operand_info *o = &operand_table[op->operands[position]];
      if (o->spelling != SPELL_SUFFIX && operand_key(o, &key) == 0)
        break;
      position++;
    }
    bool done = position == op->operand_count;
    if (next_is(ps, '|') || next_is(ps, '}') || ps->p == ps->end) {
      if (done)
        return true;
      return fail(ps, ps->p, usage(op, cure), "%s has too few operands", op->mnemonic);
    }
    if (!first && !take(ps, ','))
      return fail(ps, ps->p, usage(op, cure), "expected a comma, | or } in %s, not %s",
                  op->mnemonic, seen(ps, what));
    const struct operand_info *o = keyed_operand(ps, op, &given);
    if (!o && done)
      return fail(ps, ps->p, usage(op, cure), "%s has no further operand %s", op->mnemonic,
                  seen(ps, what));
    if (!o)
      o = &operand_table[op->operands[position++]];
    if (!parse_operand(ps, op, o, draft, slot)) {
      if (!ps->problem.cure[0])
        usage(op, ps->problem.cure);
      return false;
    }
  }
}

/* --- the operation ------------------------------------------------------------------------- */

/* Bytes of `word` that spell the row's mnemonic and end at a point or at its end, else 0. */
static size_t mnemonic_length(const struct op_info *op, const char *word, size_t bytes)
{
  size_t n = strlen(op->mnemonic);
  if (n > bytes || !word_equals(word, n, op->mnemonic) || (n < bytes && word[n] != '.'))
    return 0;
  return n;
}

static bool fail_mnemonic(struct parser *ps, const char *word, size_t bytes)
{
  struct nearest near;
  char cure[PROBLEM_TEXT];
  size_t stem = 0;
  while (stem < bytes && word[stem] != '.')
    stem++;
  nearest_start(&near, word, stem);
  for (int i = 0; i < op_table_count; i++)
    nearest_try(&near, op_table[i].mnemonic);
  nearest_cure(&near, "operations begin with D, S or C, e.g. DADD, SGATHER, CSTEP", cure);
  return fail(ps, word, cure, "there is no operation %.*s", stem > 60 ? 60 : (int)stem, word);
}

/* Tries one row from the cursor on. */
static bool parse_form(struct parser *ps, const struct op_info *op, const char *at,
                       const struct suffix *suffix, int suffixes, struct siw_draft *draft)
{
  struct slot slot = {.op = op->code};
  int types_seen;
  if (!parse_suffixes(ps, op, suffix, suffixes, &slot, &types_seen) ||
      !parse_operands(ps, op, draft, &slot) ||
      !check_suffixes(ps, op, at, suffix, suffixes, &slot, types_seen))
    return false;
  if (draft->op[op->pipe])
    return fail(ps, at, "a SIW holds one operation for each pipe: put one into another SIW",
                "two %c operations in one SIW: %s and %s", pipe_letter[op->pipe],
                draft->op[op->pipe]->mnemonic, op->mnemonic);
  draft->op[op->pipe] = op;
  draft->item.slot[op->pipe] = at;
  draft->item.bundle.slot[op->pipe] = slot;
  return true;
}

bool parse_slot(struct parser *ps, struct siw_draft *draft)
{
  char what[SEEN_BYTES];
  size_t bytes = word_length(ps), best = 0;
  const char *word = ps->p;
  if (bytes == 0)
    return fail(ps, ps->p, NULL, "expected an operation, not %s", seen(ps, what));
  while (word + bytes < ps->end && (is_word_char(word[bytes]) || word[bytes] == '.'))
    bytes++;
  for (int i = 0; i < op_table_count; i++) {
    size_t n = mnemonic_length(&op_table[i], word, bytes);
    best = n > best ? n : best;
  }
  if (best == 0)
    return fail_mnemonic(ps, word, bytes);

  struct suffix suffix[SUFFIXES_MAX];
  int suffixes = 0;
  for (size_t i = best; i < bytes;) {
    struct suffix s = {word + i + 1, 0};
    for (i++; i < bytes && word[i] != '.'; i++)
      s.bytes++;
    if (suffixes == SUFFIXES_MAX)
      return fail(ps, s.at, NULL, "too many suffixes");
    suffix[suffixes++] = s;
  }

  /* Of several forms that do not fit, the one that got furthest explains itself. */
  struct siw_draft start = *draft;
  size_t fixups = ps->fixups.count;
  const char *furthest = NULL;
  struct problem problem = {0};
  for (int i = 0; i < op_table_count; i++) {
    if (mnemonic_length(&op_table[i], word, bytes) != best)
      continue;
    ps->p = word + bytes;
    int parens = ps->parens;
    if (parse_form(ps, &op_table[i], word, suffix, suffixes, draft))
      return true;
    ps->parens = parens;
    ps->fixups.count = fixups;
    *draft = start;
    if (!furthest || ps->p > furthest) {
      furthest = ps->p;
      problem = ps->problem;
    }
  }
  ps->problem = problem;
  ps->p = furthest;
  return false;
}
