/* Sentrons of a step of one position tell each other by messages what they have made (share.c says
 * whether, and who which lines).
 *
 * Every sentron keeps the vectors that go from product to product in memory of its own, and has
 * written its own lines there. It sends these to all other members of the meeting, and puts what it
 * receives beside them. For a product in a narrow type they are packed on their way, so that every
 * line is packed once; with integers the greatest magnitude of all lines has to be known first: one
 * more message of each.
 *
 * A piece is what is sent at once: a line of f32 in as many messages as it needs; or packed, as
 * many neighbours of one owner as a message holds. No more pieces go out than queues hold before
 * those of the others are taken in: so no sentron ever waits for room behind one that waits for a
 * message. */
#include "asm/lower/kernel.h"

enum { KEPT = 8 }; /* own lines that stay in registers */

struct piece {
  int line, lines; /* of the vector */
};

struct sharing {
  const struct share *what;
  struct kernel *k;
  struct range own;
  int line_bytes; /* as sent */
  int most;       /* lines of a piece */
  int messages;   /* of a piece */
  int group, members;
  int in; /* p: walks own lines */
  int line[KEPT];
  bool kept, packed, reads; /* reads: this sentron needs the vector */
  int factor;
  int out, at; /* p register, and the byte of the result at which it stands; IR_NONE: made anew */
  int turn;
};

/* The piece of an owner's lines that begins at a line. */
static struct piece piece_at(const struct sharing *s, struct range owner, int line)
{
  bool whole = line % s->most == 0 && line + s->most <= owner.first + owner.count;
  return (struct piece){line, whole ? s->most : 1};
}

/* Moves the pointer to the result's piece: pointers are stepped by the S- and the C-pipe in turn,
 * or by the S-pipe alone where a piece takes several messages. */
static void point_out(struct sharing *s, struct piece piece)
{
  struct kernel *k = s->k;
  int to = piece.line * s->line_bytes, by = to - s->at;
  if (s->out == IR_NONE)
    s->out = kernel_point(k, s->what->to, (uint64_t)to, IR_NONE);
  else if (s->turn++ % 2 && s->messages == 1)
    ir_step(&k->ir, s->out, AXIS_BYTE, by);
  else if (by)
    ir_index_to(&k->ir, s->out, at_reg(s->out), AXIS_BYTE, by, IR_NONE);
  s->at = to;
}

static void store_piece(struct sharing *s, struct piece piece, int reg)
{
  point_out(s, piece);
  ir_scatter(&s->k->ir, at_reg(s->out), reg, piece.lines * s->line_bytes, 0,
             (int)s->what->to->space);
}

static int own_line(struct sharing *s, int line)
{
  if (s->kept && s->line[line - s->own.first] != IR_NONE)
    return s->line[line - s->own.first];
  int reg = kernel_gather_line(s->k, s->in, s->what->from);
  kernel_next(s->k, s->in, 1);
  if (s->kept)
    s->line[line - s->own.first] = reg;
  return reg;
}

static void send_piece(struct sharing *s, struct piece piece)
{
  struct kernel *k = s->k;
  int reg = IR_NONE;
  enum elem to = s->what->format.scaled ? ELEM_I8 : ELEM_BF16;
  struct ir_src factor = s->factor == IR_NONE ? all(IR_NONE) : lane(s->factor, 0);
  for (int i = 0; i < piece.lines; i++) {
    int x = own_line(s, piece.line + i);
    if (!s->packed)
      reg = x;
    else if (i == 0)
      reg = ir_convert(&k->ir, ELEM_F32, to, x, 0, factor);
    else
      ir_convert_to(&k->ir, reg, ELEM_F32, to, x, i, factor);
  }
  for (int m = 0; m < s->messages && s->members > 1; m++) {
    ir_pack(&k->ir, m, reg, m);
    ir_fanout(&k->ir, m, s->group);
  }
  if (s->packed && s->reads)
    store_piece(s, piece, reg);
}

/* The program sends so many messages to one sentron before it waits for any. */
static void need_queue(struct kernel *k, int messages)
{
  k->queue = messages > k->queue ? messages : k->queue;
}

static void receive_piece(struct sharing *s, struct piece piece, int peer)
{
  struct kernel *k = s->k;
  int reg = ir_receive(&k->ir, peer, 0);
  for (int m = 1; m < s->messages; m++)
    ir_receive_to(&k->ir, reg, peer, m);
  if (s->reads)
    store_piece(s, piece, reg);
}

/* What an owner's queues take at once, from `line` on; returns the line after it. */
static int pieces_of(struct sharing *s, int owner, int line)
{
  struct range lines = plan_own_lines(s->k->plan, s->what->at, owner);
  int room = s->k->plan->queue / s->messages;
  for (; room > 0 && line < lines.first + lines.count; room--) {
    struct piece piece = piece_at(s, lines, line);
    if (owner == s->k->sentron)
      send_piece(s, piece);
    else
      receive_piece(s, piece, owner);
    line += piece.lines;
  }
  return line;
}

/* The greatest magnitude of all lines, from that of each sentron's own: the conversion's factor. */
static void agree_on_scale(struct sharing *s)
{
  struct kernel *k = s->k;
  struct ir *ir = &k->ir;
  int magnitude = ir_constant(ir, ELEM_I32, INT32_MAX), absmax = IR_NONE, scale;
  for (int i = 0; i < s->own.count; i++)
    absmax = kernel_absmax(k, absmax, own_line(s, s->own.first + i), magnitude);
  int largest =
      absmax == IR_NONE ? ir_constant(ir, ELEM_I32, 0) : ir_reduce(ir, RED_max, ELEM_I32, absmax);
  if (s->members > 1) {
    ir_pack(ir, 0, largest, 0);
    ir_fanout(ir, 0, s->group);
    need_queue(k, 1);
    int others = ir_merge_max(ir, ELEM_I32, s->group);
    largest = ir_d2(ir, OP_DMAX, ELEM_I32, all(largest), all(others));
  }
  kernel_scale_of(k, largest, &s->factor, &scale);
  if (s->reads)
    kernel_set_scale(k, scale);
  if (!s->kept && s->own.count)
    kernel_next(k, s->in, -s->own.count);
}

int kernel_lead(struct kernel *k, int follower, struct vtpu_error *err)
{
  kernel_begin(k, "share");
  ir_pack(&k->ir, 0, kernel_control(k, CONTROL_SCALE), 0);
  ir_send(&k->ir, 0, follower);
  need_queue(k, 1);
  return code_kernel(k->code, &k->ir, k->layer, err);
}

int kernel_follow(struct kernel *k, int leader, struct vtpu_error *err)
{
  kernel_begin(k, "share");
  kernel_set_control(k, CONTROL_SCALE, ir_receive(&k->ir, leader, 0));
  return code_kernel(k->code, &k->ir, k->layer, err);
}

int kernel_share(struct kernel *k, const struct share *what, struct vtpu_error *err)
{
  const struct plan *p = k->plan;
  struct sharing s = {.what = what,
                      .k = k,
                      .own = plan_own_lines(p, what->at, k->sentron),
                      .packed = what->format.type != NUMBER_F32,
                      .reads = plan_share(p, what->blocks, k->sentron).count > 0 &&
                               !(what->follows && plan_leader(p, k->sentron) >= 0),
                      .group = meeting_group(what->at),
                      .members = p->members[what->at],
                      .factor = IR_NONE,
                      .out = IR_NONE};
  int turn[SENTRONS_PER_NODE_MAX], rounds = 0, room;
  if (k->sentron >= s.members || (s.members == 1 && !s.packed))
    return 0;
  s.line_bytes = p->line_bytes / (s.packed ? what->format.pack : 1);
  s.most = s.packed ? M_BYTES / s.line_bytes : 1;
  s.most = s.packed && s.most > what->format.pack ? what->format.pack : s.most;
  s.messages = ceil_div(s.most * s.line_bytes, M_BYTES);
  s.kept = s.own.count <= KEPT;
  for (int i = 0; i < KEPT; i++)
    s.line[i] = IR_NONE;
  room = p->queue / s.messages;
  kernel_begin(k, what->name);
  if (s.own.count)
    s.in = kernel_point(k, what->from, (uint64_t)(s.own.first * p->line_bytes), IR_NONE);
  if (what->format.scaled)
    agree_on_scale(&s);
  for (int i = 0; i < s.members; i++) {
    struct range lines = plan_own_lines(p, what->at, i);
    int pieces = lines.count < room ? lines.count : room;
    if (s.members > 1)
      need_queue(k, pieces * s.messages);
    turn[i] = lines.first;
    rounds = ceil_div(lines.count, room) > rounds ? ceil_div(lines.count, room) : rounds;
  }
  for (int round = 0; round < rounds; round++) {
    turn[k->sentron] = pieces_of(&s, k->sentron, turn[k->sentron]); /* before it waits for others */
    for (int i = 0; i < s.members; i++)
      if (i != k->sentron)
        turn[i] = pieces_of(&s, i, turn[i]);
  }
  return code_kernel(k->code, &k->ir, k->layer, err);
}
