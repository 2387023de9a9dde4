/* Slices, progress and Ctrl-C: see drive.h. */
#include "sim/cli/drive.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

/* A slice should last about a tenth of a second: short enough for Ctrl-C and progress, long enough
 * that cutting costs nothing. */
static const uint64_t slice_first_cycles = UINT64_C(1) << 16;
static const double slice_least_seconds = 0.05, slice_most_seconds = 0.2;

/* Progress appears after a second, and then five times a second. */
static const double progress_after_seconds = 1, progress_every_seconds = 0.2;

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
  (void)signal_number;
  interrupted = 1;
}

double drive_now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

bool drive_interrupted(void)
{
  return interrupted != 0;
}

void drive_start(struct drive *d)
{
  struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  d->started = drive_now();
  d->slice = slice_first_cycles;
  d->progress = d->progress && isatty(STDERR_FILENO);
}

/* Below a text that may end in the middle of a line, the cursor's place is saved (ESC 7), and
 * restored (ESC 8) after the line below has been written. ESC D ESC M, down and up in the same
 * column, makes sure that there is a line below. */
void drive_clear_progress(struct drive *d)
{
  if (d->shown > 0)
    fputs(d->below_text ? "\0337\n\033[K\0338" : "\r\033[K", stderr);
  d->shown = 0;
}

static void show_progress(struct drive *d, double now)
{
  double elapsed = now - d->started;
  if (!d->progress || elapsed < progress_after_seconds || now - d->shown < progress_every_seconds)
    return;
  double siws = (double)vtpu_siws(d->vtpu);
  fprintf(stderr, "%s%.1f million SIWs, %.3f ms simulated, %.1f million SIWs/s%s",
          d->below_text ? "\033D\033M\0337\n\033[K" : "\r\033[K", siws / 1e6,
          1e3 * report_seconds(d->machine, vtpu_cycle(d->vtpu)), siws / 1e6 / elapsed,
          d->below_text ? "\0338" : "");
  fflush(stderr);
  d->shown = now;
}

static uint64_t slice_end(const struct drive *d)
{
  uint64_t at = vtpu_cycle(d->vtpu);
  uint64_t end = at > UINT64_MAX - d->slice ? UINT64_MAX : at + d->slice;
  if (d->timeline && timeline_due(d->timeline) < end)
    end = timeline_due(d->timeline);
  return end < d->max_cycles ? end : d->max_cycles;
}

/* Ends the windows of the time line that the run has passed. */
static void take_windows(struct drive *d, uint64_t until, enum vtpu_status status)
{
  uint64_t reached = status == VTPU_RUNNING ? until : vtpu_cycle(d->vtpu);
  while (d->timeline && timeline_due(d->timeline) <= reached)
    timeline_take(d->timeline);
}

int drive_run(struct drive *d, struct vtpu_error *err)
{
  enum vtpu_status status = VTPU_RUNNING;
  int failed = 0;
  d->end = REPORT_DONE;
  for (double before = drive_now(); status == VTPU_RUNNING;) {
    uint64_t until = slice_end(d);
    failed = vtpu_run(d->vtpu, until, &status, err);
    if (!failed)
      take_windows(d, until, status);
    if (!failed && d->between)
      failed = d->between(d->user, err);
    double now = drive_now();
    d->host_seconds = now - d->started;
    if (failed) {
      d->end = REPORT_FAILED;
      break;
    }
    if (status == VTPU_RUNNING && (interrupted || until >= d->max_cycles)) {
      d->end = interrupted ? REPORT_INTERRUPTED : REPORT_MAX_CYCLES;
      break;
    }
    show_progress(d, now);
    if (d->steady)
      continue;
    if (now - before < slice_least_seconds && d->slice < UINT64_MAX / 4)
      d->slice *= 2;
    else if (now - before > slice_most_seconds && d->slice > 1)
      d->slice /= 2;
    before = now;
  }
  drive_clear_progress(d);
  return failed;
}
