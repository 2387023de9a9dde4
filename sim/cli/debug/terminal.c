/* Line editing, history and completion with libedit; lines of a pipe without any of it. */
#include "sim/cli/debug/debug.h"

#include <dirent.h>
#include <errno.h>
#include <histedit.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

/* --- completion ---------------------------------------------------------------------------------
 */

/* What the word may become. */
struct proposals {
  const char *word; /* as far as it is typed */
  char **text;
  size_t count;
};

static void propose(struct proposals *p, const char *text)
{
  if (strncmp(text, p->word, strlen(p->word)) != 0)
    return;
  for (size_t i = 0; i < p->count; i++)
    if (strcmp(p->text[i], text) == 0)
      return;
  char **more = realloc(p->text, (p->count + 1) * sizeof *more);
  if (!more)
    return;
  p->text = more;
  p->text[p->count] = strdup(text);
  p->count += p->text[p->count] != NULL;
}

static void propose_words(struct proposals *p, const char *const *words)
{
  for (; *words; words++)
    propose(p, *words);
}

static void propose_sentrons(const struct debug *d, struct proposals *p)
{
  for (uint32_t i = 0; i < d->object.sentron_count; i++)
    propose(p, d->object.sentrons[i].name);
}

static void propose_regions(const struct debug *d, struct proposals *p)
{
  for (uint32_t i = 0; i < d->object.region_count; i++)
    propose(p, d->object.regions[i].name);
}

static void propose_labels(const struct debug *d, struct proposals *p)
{
  for (uint32_t i = 0; i < d->object.symbol_count; i++)
    propose(p, d->object.symbols[i].name);
}

/* Registers, of the sentron before a dot too, and the types behind one. */
static void propose_values(const struct debug *d, struct proposals *p)
{
  static const char *const words[] = {"cycle", "siw", NULL};
  char text[160], name[REGISTER_NAME_BYTES];
  const char *dot = strrchr(p->word, '.');
  propose_words(p, words);
  if (*p->word == '[') {
    for (uint32_t i = 0; i < d->object.region_count; i++) {
      snprintf(text, sizeof text, "[%s]", d->object.regions[i].name);
      propose(p, text);
    }
    return;
  }
  for (unsigned r = 0; r < REG_COUNT; r++)
    propose(p, register_name(r, name));
  for (uint32_t i = 0; i < d->object.sentron_count; i++)
    for (unsigned r = 0; dot && r < REG_COUNT; r++) {
      snprintf(text, sizeof text, "%s.%s", d->object.sentrons[i].name, register_name(r, name));
      propose(p, text);
    }
  for (uint32_t i = 0; !dot && i < d->object.sentron_count; i++) {
    snprintf(text, sizeof text, "%s.", d->object.sentrons[i].name);
    propose(p, text);
  }
  for (int t = 0; dot && dot > p->word && t < ELEM_COUNT; t++)
    if (strchr("0123456789]", dot[-1])) {
      snprintf(text, sizeof text, "%.*s.%s", (int)(dot - p->word), p->word, elem_names[t]);
      propose(p, text);
    }
}

static void propose_files(struct proposals *p)
{
  const char *slash = strrchr(p->word, '/');
  char folder[PATH_MAX], text[PATH_MAX + 300];
  size_t n = slash ? (size_t)(slash - p->word) + 1 : 0;
  snprintf(folder, sizeof folder, "%.*s", (int)n, p->word);
  DIR *dir = opendir(n ? folder : ".");
  for (struct dirent *e; dir && (e = readdir(dir)) != NULL;) {
    if (e->d_name[0] == '.' && !(slash ? slash[1] == '.' : *p->word == '.'))
      continue;
    snprintf(text, sizeof text, "%s%s%s", folder, e->d_name, e->d_type == DT_DIR ? "/" : "");
    propose(p, text);
  }
  if (dir)
    closedir(dir);
}

/* Behind `break`: what the word before asks for. */
static void propose_where(const struct debug *d, struct proposals *p, const char *before,
                          bool condition)
{
  static const char *const kinds[] = {"cycle", "access",  "miss", "stall", "op",
                                      "mark",  "sentron", "if",   NULL};
  static const char *const accesses[] = {"gather", "scatter", "prefetch", "flush", NULL};
  if (condition) {
    propose_values(d, p);
  } else if (strcmp(before, "sentron") == 0) {
    propose_sentrons(d, p);
  } else if (strcmp(before, "access") == 0 || strcmp(before, "miss") == 0) {
    propose_regions(d, p);
  } else if (strcmp(before, "stall") == 0) {
    for (int i = STALL_FETCH; i < STALL_DRAIN; i++)
      propose(p, stall_keys[i]);
  } else if (strcmp(before, "op") == 0) {
    for (int i = 0; i < op_table_count; i++)
      propose(p, op_table[i].mnemonic);
  } else if (strcmp(before, "mark") == 0) {
    for (uint32_t i = 0; i < d->object.mark_count; i++)
      propose(p, d->object.marks[i].kernel);
  } else {
    propose_words(p, kinds);
    propose_words(p, accesses);
    propose_labels(d, p);
  }
}

static void propose_for(const struct debug *d, struct proposals *p, const struct command *c,
                        const char *before, bool condition)
{
  switch (c->completes) {
  case COMPLETE_NOTHING: break;
  case COMPLETE_PLACES:
    if (strcmp(c->name, "list") == 0)
      propose_labels(d, p);
    else
      propose_where(d, p, before, condition);
    break;
  case COMPLETE_EXPRESSIONS:
    propose_values(d, p);
    if (strcmp(c->name, "x") == 0)
      propose_regions(d, p);
    if (strcmp(c->name, "set") == 0)
      propose(p, "view");
    for (int t = 0; strcmp(before, "view") == 0 && t < ELEM_COUNT; t++)
      propose(p, elem_names[t]);
    break;
  case COMPLETE_COMMANDS:
    for (int i = 0; i < debug_command_count; i++)
      propose(p, debug_commands[i].name);
    break;
  case COMPLETE_INFO:
    if (strcmp(before, "cell") == 0 || strcmp(before, "ptc") == 0)
      propose_regions(d, p);
    else
      propose_words(p, info_names);
    break;
  case COMPLETE_SENTRONS: propose_sentrons(d, p); break;
  case COMPLETE_FILES: propose_files(p); break;
  }
}

/* Fills the proposals for a line up to the cursor; `word` gets what is to be completed. */
static void propose_line(const struct debug *d, const char *line, char word[1000],
                         struct proposals *p)
{
  char first[40] = "", before[200] = "", last[200] = "";
  const char *start = line + strlen(line);
  while (start > line && !strchr(" \t(=<>!&|+*", start[-1]))
    start--;
  snprintf(word, 1000, "%s", start);
  *p = (struct proposals){.word = word};
  char *head = strndup(line, (size_t)(start - line));
  const char *at = head ? head : "";
  bool condition = strstr(at, " if ") != NULL;
  for (bool any = false; word_next(&at, last, sizeof last); any = true) {
    if (!any)
      snprintf(first, sizeof first, "%.*s", (int)strcspn(last, "/"), last);
    snprintf(before, sizeof before, "%s", last);
  }
  if (!first[0]) {
    for (int i = 0; i < debug_command_count; i++)
      propose(p, debug_commands[i].name);
  } else {
    const struct command *c = command_find(first, NULL);
    if (c)
      propose_for(d, p, c, before, condition);
  }
  free(head);
}

static size_t common_length(const struct proposals *p)
{
  size_t n = strlen(p->text[0]);
  for (size_t i = 1; i < p->count; i++) {
    size_t same = 0;
    while (same < n && p->text[i][same] == p->text[0][same])
      same++;
    n = same;
  }
  return n;
}

static void print_proposals(const struct proposals *p)
{
  size_t width = 0, column = 0;
  for (size_t i = 0; i < p->count; i++)
    width = strlen(p->text[i]) > width ? strlen(p->text[i]) : width;
  putchar('\n');
  for (size_t i = 0; i < p->count; i++) {
    printf("%-*s", (int)width + 2, p->text[i]);
    column += width + 2;
    if (column + width + 2 > 80 || i + 1 == p->count) {
      putchar('\n');
      column = 0;
    }
  }
  fflush(stdout);
}

static unsigned char complete(EditLine *el, int key)
{
  struct debug *d;
  struct proposals p;
  char word[1000];
  const LineInfo *info = el_line(el);
  (void)key;
  el_get(el, EL_CLIENTDATA, &d);
  char *line = strndup(info->buffer, (size_t)(info->cursor - info->buffer));
  if (!line)
    return CC_ERROR;
  propose_line(d, line, word, &p);
  unsigned char result = CC_ERROR;
  size_t typed = strlen(word), common = p.count ? common_length(&p) : 0;
  if (common > typed || (p.count == 1 && common == typed)) {
    char more[1000];
    bool open = common && strchr("./]", p.text[0][common - 1]);
    snprintf(more, sizeof more, "%.*s%s", (int)(common - typed), p.text[0] + typed,
             p.count == 1 && !open ? " " : "");
    result = el_insertstr(el, more) == 0 ? CC_REFRESH : CC_ERROR;
  } else if (p.count > 1) {
    print_proposals(&p);
    result = CC_REDISPLAY;
  }
  for (size_t i = 0; i < p.count; i++)
    free(p.text[i]);
  free(p.text);
  free(line);
  return result;
}

/* --- reading ------------------------------------------------------------------------------------
 */

static char *prompt(EditLine *el)
{
  static char text[] = "(vtpu) ";
  (void)el;
  return text;
}

/* Waits for a byte; -1 with EINTR when a signal came instead, also one that came before. */
static int wait_for_byte(void)
{
  sigset_t signals, before;
  struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  sigprocmask(SIG_BLOCK, &signals, &before);
  bool signalled = session_signalled();
  int n = signalled ? -1 : ppoll(&in, 1, NULL, &before);
  int reason = signalled ? EINTR : errno;
  sigprocmask(SIG_SETMASK, &before, NULL);
  errno = reason;
  return n;
}

/* A character; -1 when Ctrl-C or a hang-up came instead. */
static int read_char(EditLine *el, wchar_t *out)
{
  mbstate_t state = {0};
  for (;;) {
    char byte;
    ssize_t n = wait_for_byte() < 0 ? -1 : read(STDIN_FILENO, &byte, 1);
    if (n == 0)
      return 0;
    if (n < 0 && errno == EINTR && !session_signalled()) {
      el_resize(el); /* the window has another size, or the process went on */
      continue;
    }
    if (n < 0)
      return -1;
    size_t used = mbrtowc(out, &byte, 1, &state);
    if (used == (size_t)-2)
      continue; /* the character goes on */
    if (used == (size_t)-1) {
      state = (mbstate_t){0};
      continue; /* not of this encoding: left out */
    }
    return 1;
  }
}

/* Where the history is kept between sessions: VTPU_HISTORY (empty: nowhere), or in the home folder.
 */
static char *history_path(void)
{
  char *path = NULL;
  const char *given = getenv("VTPU_HISTORY"), *home = getenv("HOME");
  if (given)
    return *given ? strdup(given) : NULL;
  if (!home || !*home || asprintf(&path, "%s/.vtpu_history", home) < 0)
    return NULL;
  return path;
}

/* An empty line does the last command again, if that makes sense. */
static void run_line(struct debug *d, const char *text, char *again, size_t bytes)
{
  char word[40];
  const char *p = word_skip(text);
  if (!*p) {
    if (*again)
      command_line(d, again);
    return;
  }
  snprintf(word, sizeof word, "%.*s", (int)strcspn(p, " \t/"), p);
  const struct command *c = command_find(word, NULL);
  /* `list` and `x` go on where they were; the others do the same. */
  bool goes_on = c && (strcmp(c->name, "list") == 0 || strcmp(c->name, "x") == 0);
  size_t n = goes_on ? strcspn(p, " \t") : strlen(p);
  snprintf(again, bytes, "%.*s", c && c->repeats ? (int)n : 0, p);
  command_line(d, text);
}

static int edit_lines(struct debug *d, struct vtpu_error *err)
{
  char again[1000] = "", *path = history_path();
  HistEvent event;
  setlocale(LC_CTYPE, "");
  EditLine *el = el_init("vtpu", stdin, stdout, stderr);
  History *past = history_init();
  if (!el || !past)
    return vtpu_fail(err, VTPU_SYSTEM, "the terminal cannot be used for editing lines");
  history(past, &event, H_SETSIZE, 1000);
  history(past, &event, H_SETUNIQUE, 1);
  if (path)
    history(past, &event, H_LOAD, path);
  el_set(el, EL_CLIENTDATA, d);
  el_set(el, EL_PROMPT, prompt);
  el_set(el, EL_EDITOR, "emacs");
  el_set(el, EL_HIST, history, past);
  el_set(el, EL_GETCFN, read_char);
  /* The narrow call would lose a copy of both texts. */
  el_wset(el, EL_ADDFN, L"complete", L"complete the word", complete);
  el_set(el, EL_BIND, "^I", "complete", NULL);
  el_set(el, EL_BIND, "^R", "em-inc-search-prev", NULL);
  el_source(el, NULL); /* the user's own ~/.editrc */
  while (!d->quit && !session_hung_up()) {
    int count = 0;
    const char *line = el_gets(el, &count);
    if (!line || count <= 0) {
      if (session_interrupted() && !session_hung_up()) {
        printf("^C\n");
        el_reset(el);
        continue;
      }
      printf("quit\n");
      break;
    }
    char *text = strndup(line, strcspn(line, "\r\n"));
    if (!text)
      break;
    if (!word_is_end(text)) {
      history(past, &event, H_ENTER, text);
      if (path)
        history(past, &event, H_SAVE, path);
    }
    session_interrupted(); /* one from before this line is old */
    run_line(d, text, again, sizeof again);
    free(text);
  }
  history_end(past);
  el_end(el);
  free(path);
  return 0;
}

int terminal_loop(struct debug *d, FILE *in, struct vtpu_error *err)
{
  char *line = NULL;
  size_t room = 0;
  if (d->interactive)
    return edit_lines(d, err);
  while (!d->quit && !session_hung_up() && getline(&line, &room, in) >= 0) {
    line[strcspn(line, "\r\n")] = '\0';
    command_line(d, line);
  }
  free(line);
  return 0;
}
