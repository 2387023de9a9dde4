/* Contents as typed lanes, printed and read in the notation of the assembler's values
 * (asm/README.md): what `print` shows can be given to `set`. */
#include "sim/cli/debug/debug.h"

#include "asm/assemble.h"
#include "isa/num.h"
#include "isa/print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- lanes --------------------------------------------------------------------------------------
 */

/* A lane's bits. */
static uint64_t lane_bits(const uint8_t *bytes, enum elem type, unsigned lane)
{
  uint64_t bits = 0;
  if (type == ELEM_T2)
    return bytes[lane / 4] >> lane % 4 * 2 & 3;
  memcpy(&bits, bytes + (size_t)lane * elem_bits[type] / 8, elem_bits[type] / 8u);
  return bits;
}

struct number lane_number(const uint8_t *bytes, enum elem type, unsigned lane)
{
  static const int8_t trits[4] = {0, 1, -1, 0};
  uint64_t bits = lane_bits(bytes, type, lane);
  float f;
  uint32_t word = (uint32_t)bits << (type == ELEM_BF16 ? 16 : 0);
  switch (type) {
  case ELEM_I64: return (struct number){.i = (int64_t)bits};
  case ELEM_I32: return (struct number){.i = (int32_t)bits};
  case ELEM_I8: return (struct number){.i = (int8_t)bits};
  case ELEM_T2: return (struct number){.i = trits[bits]};
  default: break;
  }
  memcpy(&f, &word, sizeof f);
  return (struct number){.real = true, .f = (double)f};
}

char *lane_print(const uint8_t *bytes, enum elem type, unsigned lane, char out[48])
{
  uint64_t bits = lane_bits(bytes, type, lane);
  if (type == ELEM_F32 || type == ELEM_BF16)
    f32_print((uint32_t)bits << (type == ELEM_BF16 ? 16 : 0), out);
  else
    snprintf(out, 48, "%" PRId64, lane_number(bytes, type, lane).i);
  return out;
}

static unsigned lanes_of(enum elem type, unsigned bytes)
{
  return bytes * 8 / elem_bits[type];
}

/* `hex`: the bits of whole numbers of the same width. */
static void print_lanes(FILE *out, const uint8_t *bytes, unsigned count, enum elem type, bool hex)
{
  static const enum elem whole[ELEM_COUNT] = {
      [ELEM_I64] = ELEM_I64, [ELEM_I32] = ELEM_I32, [ELEM_F32] = ELEM_I32,
      [ELEM_BF16] = ELEM_I8, [ELEM_I8] = ELEM_I8,   [ELEM_T2] = ELEM_I8};
  char text[48];
  if (hex)
    type = whole[type];
  fputs(elem_names[type], out);
  for (unsigned i = 0, n; i < lanes_of(type, count); i += n) {
    for (n = 1; i + n < lanes_of(type, count); n++)
      if (lane_bits(bytes, type, i + n) != lane_bits(bytes, type, i))
        break;
    if (hex)
      fprintf(out, "%s0x%" PRIx64, i ? ", " : " ", lane_bits(bytes, type, i));
    else
      fprintf(out, "%s%s", i ? ", " : " ", lane_print(bytes, type, i, text));
    if (n > 1)
      fprintf(out, " x %u", n);
  }
}

void lanes_print(FILE *out, const uint8_t *bytes, unsigned count, enum elem type)
{
  print_lanes(out, bytes, count, type, false);
}

/* --- places -------------------------------------------------------------------------------------
 */

static bool is_p(const struct place *p)
{
  return !p->cell && p->reg >= REG_P && p->reg < REG_M;
}

static bool is_loop(const struct place *p)
{
  return !p->cell && p->reg >= REG_L;
}

bool register_fetched(const struct debug *d, unsigned sentron, unsigned reg)
{
  struct vtpu_sentron_look look;
  vtpu_look_sentron(d->state, sentron, d->at, &look);
  return look.owed[reg].fetched;
}

int place_read(const struct debug *d, const struct place *p, uint8_t bytes[64], unsigned *count,
               struct vtpu_error *err)
{
  memset(bytes, 0, 64);
  if (d->dry) {
    *count = CELL_BYTES;
    return 0;
  }
  if (!p->cell) {
    *count = (unsigned)vtpu_register(d->state, p->sentron, p->reg, bytes);
    if (!register_fetched(d, p->sentron, p->reg))
      return 0;
    return debug_fail(err, "r%u of %s is being gathered: it has no value in this cycle", p->reg,
                      d->object.sentrons[p->sentron].name);
  }
  *count = CELL_BYTES - coord_offset(p->coord);
  if (!vtpu_peek(d->state, p->node, p->coord, bytes, *count, NULL))
    return 0;
  char text[COORD_TEXT_BYTES];
  return debug_fail(err, "nothing is allocated at %s on node %u (`info regions')",
                    coord_print(p->coord, text), p->node);
}

/* "  (owed until cycle 5: d_result)", if it is. */
static void print_owed(const struct debug *d, const struct place *p)
{
  struct vtpu_sentron_look look;
  vtpu_look_sentron(d->state, p->sentron, d->at, &look);
  if (look.owed[p->reg].ready == VTPU_UNKNOWN)
    printf("  (owed: %s)", stall_keys[look.owed[p->reg].cause]);
  else if (look.owed[p->reg].ready > d->at)
    printf("  (owed until cycle %" PRIu64 ": %s)", look.owed[p->reg].ready,
           stall_keys[look.owed[p->reg].cause]);
}

static void print_place(const struct debug *d, const struct place *p, const uint8_t *bytes,
                        unsigned count, bool hex)
{
  if (is_p(p)) {
    char text[COORD_TEXT_BYTES];
    struct coord c;
    memcpy(&c, bytes, sizeof c);
    if (p->dim < 0)
      fputs(coord_print(c, text), stdout);
    else
      printf("%u", p->dim == COORD_DIMS ? coord_offset(c) : coord_dim(c, p->dim));
  } else if (is_loop(p)) {
    struct vtpu_sentron_look look;
    vtpu_look_sentron(d->state, p->sentron, d->at, &look);
    unsigned l = p->reg - REG_L;
    if (look.loop[l].active)
      printf("%u rounds left, of SIWs %u..%u", look.loop[l].remaining, look.loop[l].start,
             look.loop[l].end);
    else
      printf("not active");
  } else if (p->lane >= 0) {
    char text[48];
    uint64_t bits = lane_bits(bytes, p->view, (unsigned)p->lane);
    if (hex)
      printf("0x%" PRIx64, bits);
    else
      fputs(lane_print(bytes, p->view, (unsigned)p->lane, text), stdout);
  } else {
    print_lanes(stdout, bytes, count, p->view, hex);
  }
  if (!p->cell)
    print_owed(d, p);
}

/* "/f32", "/x", "/4", "/4f32" at the beginning of the arguments; moves *p. */
static int parse_format(const char **p, enum elem *type, bool *given, bool *hex, unsigned *count,
                        struct vtpu_error *err)
{
  const char *at = word_skip(*p);
  if (*at != '/')
    return 0;
  char word[16];
  char *end;
  size_t n = strcspn(++at, " \t");
  snprintf(word, sizeof word, "%.*s", (int)n, at);
  unsigned long number = strtoul(word, &end, 10);
  *p = at + n;
  if (end > word && (!count || number < 1 || number > 4096))
    return debug_fail(err, "'/%s': 1 to 4096 cells can be shown (x/4 CELL)", word);
  if (end > word)
    *count = (unsigned)number;
  if (!*end && end > word)
    return 0;
  if (strcmp(end, "x") == 0)
    *hex = true;
  else if (parse_elem(end, type))
    return debug_fail(err, "'/%s' is no format: /i64 /i32 /f32 /bf16 /i8 /t2, /x is hexadecimal",
                      word);
  else
    *given = true;
  return 0;
}

int command_print(struct debug *d, const char *args, struct vtpu_error *err)
{
  enum elem type = d->view;
  bool given = false, hex = false;
  int bad = parse_format(&args, &type, &given, &hex, NULL, err);
  if (bad)
    return bad;
  args = word_skip(args);
  if (!*args)
    return debug_fail(err, "what is to be printed? an expression, like r3, bob.r3.f32[2], "
                           "p0.d3 + 1, [1.2.3/4.5.6/7.8.9/10.11]");
  const char *p = args;
  struct place place;
  enum elem view = d->view;
  d->view = type;
  bad = parse_place(d, &p, &place, err);
  if (!bad && word_is_end(p)) {
    uint8_t bytes[64];
    unsigned count;
    d->view = view;
    if (given && !is_loop(&place))
      place.view = type;
    if (!place.cell && register_fetched(d, place.sentron, place.reg)) {
      printf("%.*s is being gathered", (int)(p - args), args);
      print_owed(d, &place);
      putchar('\n');
      return 0;
    }
    bad = place_read(d, &place, bytes, &count, err);
    if (bad)
      return bad;
    printf("%.*s = ", (int)(p - args), args);
    print_place(d, &place, bytes, count, hex);
    putchar('\n');
    return 0;
  }
  struct number n;
  bad = bad && bad != 1 ? bad : evaluate(d, args, &n, err);
  d->view = view;
  if (bad)
    return bad;
  if (n.real)
    printf("%s = %.9g\n", args, n.f);
  else if (hex)
    printf("%s = 0x%" PRIx64 "\n", args, (uint64_t)n.i);
  else
    printf("%s = %" PRId64 "\n", args, n.i);
  return 0;
}

int command_examine(struct debug *d, const char *args, struct vtpu_error *err)
{
  enum elem type = d->view;
  bool given, hex = false;
  unsigned count = 1;
  int bad = parse_format(&args, &type, &given, &hex, &count, err);
  struct place place = {
      .cell = true, .node = d->object.sentrons[d->focus].node, .coord = d->x_next};
  if (!bad && !word_is_end(args))
    bad = parse_cell(d, &args, &place.coord, err);
  else if (!bad && !d->x_count)
    bad = debug_fail(err, "which cell? (x/4f32 [p0], x 1.2.3/4.5.6/7.8.9/10.11, x REGION)");
  if (!bad && !word_is_end(args))
    bad = debug_fail(err, "'%s' is left over behind the cell", word_skip(args));
  for (unsigned i = 0; i < count && !bad; i++) {
    uint8_t bytes[64];
    unsigned size;
    char text[COORD_TEXT_BYTES];
    bad = place_read(d, &place, bytes, &size, err);
    if (bad)
      break;
    printf("%s  ", coord_print(place.coord, text));
    print_lanes(stdout, bytes, size, type, hex);
    putchar('\n');
    place.coord = coord_with_flags(place.coord, 0);
    if (!coord_step(&place.coord, AXIS_LINEAR, 1, false, (enum curve)d->machine.curve))
      break;
    d->x_next = place.coord;
    d->x_count = 1;
  }
  return bad;
}

/* --- changing -----------------------------------------------------------------------------------
 */

/* Has the assembler read `text` behind a directive that begins with `what`; the object is the
 * caller's on success. Its message is cut to the sentence. */
static int assemble_value(const char *prologue, const char *what, const char *text,
                          struct object *o, struct vtpu_error *err)
{
  char *source;
  struct vtpu_error why;
  if (asprintf(&source, "%s%s%s\n", prologue, what, text) < 0)
    return vtpu_fail(err, VTPU_SYSTEM, "out of memory");
  int bad = assemble_text("", source, strlen(source), o, &why);
  free(source);
  if (!bad)
    return 0;
  char *sentence = why.message, *at = strchr(why.message, ' '); /* behind ":3:17:" */
  sentence = at ? at + 1 : sentence;
  sentence[strcspn(sentence, "\n")] = '\0';
  return debug_fail(err, "'%s': %s", text, sentence);
}

/* Values without a type of their own get the place's. */
static const char *default_type(const struct place *p, const char *text)
{
  char word[16];
  enum elem type;
  snprintf(word, sizeof word, "%.*s", (int)strcspn(text, " \t"), text);
  bool own = !parse_elem(word, &type) || strcmp(word, "hex") == 0 || strcmp(word, "bytes") == 0;
  return own ? "" : elem_names[p->view];
}

static int whole_register(struct debug *d, const struct place *p, const char *text,
                          struct change *c, struct vtpu_error *err)
{
  char prologue[60], what[60], name[REGISTER_NAME_BYTES];
  struct object o;
  uint64_t rounds;
  if (is_loop(p)) {
    int bad = parse_count(text, 1, UINT32_MAX, "number of rounds", &rounds, err);
    memcpy(c->value, &rounds, 4);
    return bad;
  }
  snprintf(prologue, sizeof prologue, ".dlen %u\n{ - }\n", d->object.dlen);
  snprintf(what, sizeof what, ".init main.%s = %s ", register_name(p->reg, name),
           is_p(p) ? "" : default_type(p, text));
  int bad = assemble_value(prologue, what, text, &o, err);
  if (bad)
    return bad;
  if (o.init_count == 1)
    memcpy(c->value, o.inits[0].bytes, sizeof c->value);
  object_free_parts(&o);
  return 0;
}

static int whole_cell(const struct place *p, const char *text, struct change *c,
                      struct vtpu_error *err)
{
  struct object o;
  char what[40];
  snprintf(what, sizeof what, ".data c, %s ", default_type(p, text));
  int bad = assemble_value(".nomain\n.region c, shared, lo=0.0.0/0.0.0/0.0.0/0.0, pages=1\n", what,
                           text, &o, err);
  if (bad)
    return bad;
  uint64_t bytes = o.data_count ? o.data[0].bytes : 0, room = CELL_BYTES - coord_offset(p->coord);
  if (bytes == 0 || bytes > room)
    bad = debug_fail(err, "these are %" PRIu64 " bytes; there is room for 1 to %" PRIu64, bytes,
                     room);
  else
    memcpy(c->value, o.data[0].content, bytes);
  c->bytes = (unsigned)bytes;
  object_free_parts(&o);
  return bad;
}

/* The lane's bits for a number, in its type. */
static int number_bits(struct number n, enum elem type, uint64_t *bits, struct vtpu_error *err)
{
  static const int64_t least[] = {[ELEM_I32] = INT32_MIN, [ELEM_I8] = INT8_MIN, [ELEM_T2] = -1},
                       most[] = {[ELEM_I32] = UINT32_MAX, [ELEM_I8] = UINT8_MAX, [ELEM_T2] = 1};
  if (type == ELEM_F32 || type == ELEM_BF16) {
    float f = n.real ? (float)n.f : (float)n.i;
    uint32_t word;
    memcpy(&word, &f, sizeof word);
    *bits = type == ELEM_F32 ? word : num_bf16_from_f32(f);
    return 0;
  }
  if (n.real)
    return debug_fail(err, "%g is no whole number, and the lane is %s (write .f32 for reals)", n.f,
                      elem_names[type]);
  if (type != ELEM_I64 && (n.i < least[type] || n.i > most[type]))
    return debug_fail(err, "%" PRId64 " does not fit into %s", n.i, elem_names[type]);
  *bits = type == ELEM_T2 ? (n.i < 0 ? 2 : (uint64_t)n.i) : (uint64_t)n.i;
  return 0;
}

/* One lane, or one dimension of a coordinate, of what is there. */
static int part(const struct debug *d, const struct place *p, const char *text, struct change *c,
                struct vtpu_error *err)
{
  struct number n;
  uint64_t bits;
  unsigned count;
  int bad = evaluate(d, text, &n, err);
  if (!bad)
    bad = place_read(d, p, c->value, &count, err);
  if (bad)
    return bad;
  if (p->dim >= 0) {
    struct coord at;
    int64_t most = p->dim == COORD_DIMS ? CELL_BYTES - 1 : COORD_DIM_SIZE - 1;
    if (n.real || n.i < 0 || n.i > most)
      return debug_fail(err, "'%s' is not from 0 to %d", text, (int)most);
    memcpy(&at, c->value, sizeof at);
    at = p->dim == COORD_DIMS ? coord_with_flags(at, (coord_flags(at) & 64) | (unsigned)n.i)
                              : coord_with_dim(at, p->dim, (unsigned)n.i);
    memcpy(c->value, &at, sizeof at);
    return 0;
  }
  bad = number_bits(n, p->view, &bits, err);
  if (bad)
    return bad;
  unsigned lane = (unsigned)p->lane;
  if (p->view == ELEM_T2)
    c->value[lane / 4] =
        (uint8_t)((c->value[lane / 4] & ~(3u << lane % 4 * 2)) | (unsigned)bits << lane % 4 * 2);
  else
    memcpy(c->value + (size_t)lane * elem_bits[p->view] / 8, &bits, elem_bits[p->view] / 8u);
  c->bytes = count;
  return 0;
}

static int set_view(struct debug *d, const char *args, struct vtpu_error *err)
{
  char word[16];
  if (!word_next(&args, word, sizeof word) || parse_elem(word, &d->view))
    return debug_fail(err, "which type? set view i64|i32|f32|bf16|i8|t2");
  printf("Registers and cells are shown as %s.\n", elem_names[d->view]);
  return 0;
}

int command_set(struct debug *d, const char *args, struct vtpu_error *err)
{
  struct place place;
  const char *p = args = word_skip(args);
  if (strncmp(args, "view", 4) == 0 && strcspn(args, " \t") == 4)
    return set_view(d, args + 4, err);
  int bad = parse_place(d, &p, &place, err);
  if (bad == 1)
    return debug_fail(err, "what is to be set? set r3 = f32 1.0 x 16, set bob.r3[2] = 5, "
                           "set p0.d3 = 7, set [p0].f32[1] = 0.5, or set view TYPE");
  if (bad)
    return bad;
  size_t named = (size_t)(p - args);
  p = word_skip(p);
  if (*p != '=' || word_is_end(p + 1))
    return debug_fail(err, "set %.*s to what? (set PLACE = VALUES)", (int)named, args);
  const char *text = word_skip(p + 1);
  struct change c = {.cell = place.cell,
                     .place = place.cell ? place.node : place.sentron,
                     .reg = place.reg,
                     .coord = place.coord};
  if (place.cell) {
    struct vtpu_cell_look look;
    char at[COORD_TEXT_BYTES];
    if (!vtpu_look_cell(d->state, place.node, 0, place.coord, &look))
      return debug_fail(err, "nothing is allocated at %s (`info regions')",
                        coord_print(place.coord, at));
    if (look.kind == REGION_ROM)
      return debug_fail(err, "%s lies in the rom %s, which cannot be changed",
                        coord_print(place.coord, at), look.region);
  }
  if (place.lane >= 0 || place.dim >= 0)
    bad = part(d, &place, text, &c, err);
  else
    bad = place.cell ? whole_cell(&place, text, &c, err) : whole_register(d, &place, text, &c, err);
  if (!bad)
    bad = session_change(d, &c, err);
  if (bad)
    return bad;
  watch_look(d);
  uint8_t bytes[64];
  unsigned count;
  char word[16];
  if (place.lane < 0 && !is_loop(&place) && word_next(&text, word, sizeof word))
    parse_elem(word, &place.view); /* shown as it was written */
  bad = place_read(d, &place, bytes, &count, err);
  if (bad)
    return bad;
  printf("%.*s = ", (int)named, args);
  print_place(d, &place, bytes, count, false);
  putchar('\n');
  return 0;
}
