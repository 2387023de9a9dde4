/* The page in a real browser, headless Chromium: at desk and phone width, light and dark, and on
 * paper. A script in a page around it measures what was laid out. Skipped where there is no
 * Chromium, which is too large to be installed for this (apt-get install chromium). */
#include "tests/report/material.h"
#include "tests/report/xml.h"

#include <stdlib.h>
#include <string.h>

/* Chromium without what it would do in the background, and with a profile of its own. */
static void browse(struct command *c, const char *flags, const char *path)
{
  command(c,
          "profile=$(mktemp -d) && timeout 100 chromium --headless --no-sandbox --disable-gpu "
          "--disable-quic --no-first-run --disable-background-networking "
          "--disable-component-update --disable-sync --disable-dev-shm-usage "
          "--user-data-dir=\"$profile\" %s 'file://%s'; status=$?; rm -rf \"$profile\"; "
          "exit $status",
          flags, path);
}

static bool have_chromium(void)
{
  struct command c = {0};
  command(&c, "command -v chromium");
  bool there = c.status == 0;
  command_end(&c);
  return there;
}
#define NEED_CHROMIUM()                                                                            \
  if (!have_chromium())                                                                            \
  T_SKIP("chromium is not installed (apt-get install chromium): the page was not looked at")

/* What is measured: of the page, its width; of every figure that is shown, that its texts lie
 * inside, do not cover each other and are large enough; of every text, its contrast with the
 * ground (WCAG 2: 4.5 for text of this size). Each complaint is a line. Frames are
 * loaded in any order and measured in theirs. */
static const char script[] =
    "function channel(v){v/=255;return v<=0.04045?v/12.92:Math.pow((v+0.055)/1.055,2.4)}\n"
    "function luminance(c){const m=c.match(/[\\d.]+/g).map(Number);"
    "return 0.2126*channel(m[0])+0.7152*channel(m[1])+0.0722*channel(m[2])}\n"
    "function contrast(a,b){const x=luminance(a),y=luminance(b);"
    "return (Math.max(x,y)+0.05)/(Math.min(x,y)+0.05)}\n"
    "function look(f){const w=f.contentWindow,"
    "d=f.contentDocument,says=[];let shown=0,texts=0;\n"
    "const ground=w.getComputedStyle(d.body).backgroundColor;\n"
    "if(d.documentElement.scrollWidth>w.innerWidth)"
    "says.push('the page is '+d.documentElement.scrollWidth+' wide');\n"
    "for(const e of d.querySelectorAll('p,td,th,dt,dd,h1,h2,h3,code,a,figcaption span')){"
    "if(!e.getClientRects().length)continue;"
    "const k=contrast(w.getComputedStyle(e).color,ground);"
    "if(k<4.5)says.push('contrast '+k.toFixed(2)+': '+e.textContent.slice(0,40))}\n"
    "for(const svg of d.querySelectorAll('figure svg')){const box=svg.getBoundingClientRect();"
    "if(!box.width)continue;shown++;const name=svg.closest('figure').id;"
    "if(box.right>w.innerWidth+1)says.push(name+' is wider than the page');"
    "const all=[...svg.querySelectorAll('text')].filter(t=>t.textContent.trim())"
    ".map(t=>({t:t.textContent.trim(),r:t.getBoundingClientRect(),"
    "size:parseFloat(w.getComputedStyle(t).fontSize)*box.width/svg.viewBox.baseVal.width,"
    "turned:t.parentNode.getAttribute('transform').includes('rotate'),"
    "k:contrast(w.getComputedStyle(t).fill,ground)}));\n"
    "texts+=all.length;"
    "const filled=[...svg.querySelectorAll('polygon,path')]"
    ".filter(e=>w.getComputedStyle(e).fill!='none').map(e=>e.getBoundingClientRect());\n"
    "for(const a of all){"
    "if(a.r.left<box.left-1||a.r.right>box.right+1||a.r.top<box.top-1||a.r.bottom>box.bottom+1)"
    "says.push(name+': outside: '+a.t);"
    "if(a.size<10)says.push(name+': only '+a.size.toFixed(1)+' pixels: '+a.t);"
    "if(a.k<4.5)says.push(name+': contrast '+a.k.toFixed(2)+': '+a.t);"
    "for(const r of filled)if(Math.min(a.r.right,r.right)-Math.max(a.r.left,r.left)>2&&"
    "Math.min(a.r.bottom,r.bottom)-Math.max(a.r.top,r.top)>3)"
    "{says.push(name+': lies on the plot: '+a.t);break}"
    "for(const b of all){if(a===b)break;"
    "const x=Math.min(a.r.right,b.r.right)-Math.max(a.r.left,b.r.left),"
    "y=Math.min(a.r.bottom,b.r.bottom)-Math.max(a.r.top,b.r.top);"
    "if(x>1&&y>3)says.push(name+': covers each other: '+a.t+' / '+b.t)}}}\n"
    "says.push(w.innerWidth+': figures '+shown+', ground '+ground+(texts>100?', texts':''));"
    "document.getElementById('says').textContent+=says.join('\\n')+'\\n'}\n"
    "addEventListener('load',()=>document.querySelectorAll('iframe').forEach(look))\n";

static void put_frame(FILE *out, const char *page, int width)
{
  fprintf(out, "<iframe style=\"border:0;width:%dpx;height:900px\" srcdoc=\"", width);
  for (const char *p = page; *p; p++) {
    if (*p == '"')
      fputs("&quot;", out);
    else if (*p == '&')
      fputs("&amp;", out);
    else
      fputc(*p, out);
  }
  fputs("\"></iframe>\n", out);
}

/* The page in frames of these widths, measured: complaints, and a line of what was seen for each
 * frame. The caller frees it. */
static char *measured(const char *page, const int *widths, int count, bool dark)
{
  struct command c = {0};
  char flags[160];
  const char *path = temp_path(dark ? "frames_dark.html" : "frames.html");
  FILE *out = fopen(path, "w");
  if (!out) {
    T_FAIL("cannot write %s", path);
    return strdup("");
  }
  fprintf(out,
          "<!DOCTYPE html><meta charset=\"utf-8\"><script>%s</script><pre id=\"says\"></pre>\n",
          script);
  for (int i = 0; i < count; i++)
    put_frame(out, page, widths[i]);
  fclose(out);
  snprintf(flags, sizeof flags,
           "--window-size=1400,1000 --blink-settings=preferredColorScheme=%d "
           "--virtual-time-budget=20000 --dump-dom",
           dark ? 0 : 1);
  browse(&c, flags, path);
  T_STATUS(&c, 0);
  const char *from = strstr(c.out, "<pre id=\"says\">"), *to = from ? strstr(from, "</pre>") : NULL;
  char *says = from && to ? strndup(from + 15, (size_t)(to - from - 15)) : strdup("nothing");
  command_end(&c);
  return says;
}

/* At a desk, on a tablet, on a phone. */
static void check_look(bool dark)
{
  static const int widths[] = {1280, 800, 390};
  char *page = report_file(full_report(), "index.html"), expected[400] = "";
  char *says = measured(page, widths, 3, dark);
  for (int i = 0; i < 3; i++)
    snprintf(expected + strlen(expected), sizeof expected - strlen(expected),
             "%d: figures %u, ground %s, texts\n", widths[i], count_of(page, "<figure "),
             dark ? "rgb(20, 23, 28)" : "rgb(255, 255, 255)");
  if (strcmp(says, expected) != 0)
    T_FAIL("%s:\n%s", dark ? "dark" : "light", says);
  free(says);
  free(page);
}

T_TEST(report_browser, every_width_in_the_light)
{
  NEED_GNUPLOT();
  NEED_CHROMIUM();
  check_look(false);
}

T_TEST(report_browser, every_width_in_the_dark)
{
  NEED_GNUPLOT();
  NEED_CHROMIUM();
  check_look(true);
}

/* The measuring itself is not blind. */
T_TEST(report_browser, a_spoiled_page_is_seen)
{
  static const char spoiled[] =
      "<!DOCTYPE html><html><body style='background:#fff;margin:0'>"
      "<div style='width:500px'>x</div><p style='color:#bbb'>pale</p><figure id='f'>"
      "<svg viewBox='0 0 360 100' width='360'><g transform='translate(10,50)'><text>one</text></g>"
      "<g transform='translate(12,52)'><text>two</text></g>"
      "<polygon points='0,80 50,80 50,99 0,99' fill='#abc'/>"
      "<g transform='translate(9,92)'><text>under</text></g>"
      "<g transform='translate(350,20)'><text "
      "font-size='6'>beyond</text></g></svg></figure></body>";
  static const char *const seen[] = {
      "the page is 500 wide", "contrast 1.92: pale",        "f: covers each other: two / one",
      "f: outside: beyond",   "f: lies on the plot: under", "f: only 6.0 pixels: beyond"};
  NEED_CHROMIUM();
  static const int width = 390;
  char *says = measured(spoiled, &width, 1, false);
  for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
    T_CONTAINS(says, seen[i]);
  free(says);
}

T_TEST(report_browser, paper)
{
  struct command c = {0};
  char flags[400], page[400];
  NEED_GNUPLOT();
  NEED_CHROMIUM();
  const char *pdf = temp_path("report.pdf");
  snprintf(flags, sizeof flags, "--no-pdf-header-footer --print-to-pdf='%s'", pdf);
  snprintf(page, sizeof page, "%s/index.html", full_report());
  browse(&c, flags, page);
  T_STATUS(&c, 0);
  size_t bytes = 0;
  char *text = read_file(pdf, &bytes);
  T_REQUIRE(text != NULL);
  T_CHECK(strncmp(text, "%PDF-", 5) == 0);
  T_CHECK(bytes > 50000);
  free(text);
  command_end(&c);
}
