/* Escaping, the frame of the page and its style: see html.h. */
#include "sim/cli/html/html.h"

#include "sim/cli/html/palette.h"
#include "sim/utf8.h"

#include <math.h>
#include <string.h>

void html_text(FILE *out, const char *text)
{
  size_t left = strlen(text);
  while (left) {
    int n = utf8_character(text, left);
    size_t bytes = n > 0 ? (size_t)n : 1;
    unsigned char c = (unsigned char)*text;
    /* U+FFFE and U+FFFF, and most control characters, are none of XML's. */
    int is_xml =
        n > 0 && (c >= ' ' || c == '\n' || c == '\t') && c != 0x7f &&
        !(n == 3 && c == 0xef && (unsigned char)text[1] == 0xbf && (unsigned char)text[2] >= 0xbe);
    if (!is_xml)
      fputs("\xef\xbf\xbd", out);
    else if (c == '<')
      fputs("&lt;", out);
    else if (c == '>')
      fputs("&gt;", out);
    else if (c == '&')
      fputs("&amp;", out);
    else if (c == '"')
      fputs("&quot;", out);
    else
      fwrite(text, 1, bytes, out);
    text += bytes;
    left -= bytes;
  }
}

void html_element(FILE *out, const char *tag, const char *text)
{
  fprintf(out, "<%s>", tag);
  html_text(out, text);
  fprintf(out, "</%.*s>", (int)strcspn(tag, " "), tag);
}

void csv_text(FILE *out, const char *text)
{
  if (!text[strcspn(text, ",\"\r\n")]) {
    fputs(text, out);
    return;
  }
  fputc('"', out);
  for (; *text; text++) {
    if (*text == '"')
      fputc('"', out);
    fputc(*text, out);
  }
  fputc('"', out);
}

void csv_number(FILE *out, double value)
{
  if (isnan(value))
    return;
  if (value == floor(value) && fabs(value) < 9007199254740992.0)
    fprintf(out, "%.0f", value);
  else
    fprintf(out, "%.17g", value);
}

/* Below 760 pixels the narrow form of every figure is shown. */
static const char style[] =
    "*{box-sizing:border-box}\n"
    "html{-webkit-text-size-adjust:100%}\n"
    "body{margin:0;background:var(--ground);color:var(--text);"
    "font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\n"
    "main,header,footer{max-width:61rem;margin:0 auto;padding:0 1.25rem}\n"
    "header{padding-top:2rem}\n"
    "footer{padding-bottom:2rem;color:var(--muted)}\n"
    "h1{font-size:1.7rem;line-height:1.2;margin:0 0 .4rem;overflow-wrap:anywhere}\n"
    "h2{font-size:1.3rem;margin:2.6rem 0 .6rem;padding-top:.7rem;"
    "border-top:1px solid var(--grid)}\n"
    "h3{font-size:1.05rem;margin:1.6rem 0 .4rem}\n"
    "p{margin:.5rem 0;max-width:48rem}\n"
    "a{color:var(--series-1)}\n"
    "code,pre{font-family:ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace;"
    "font-size:.86em;overflow-wrap:anywhere;white-space:pre-wrap}\n"
    "pre{white-space:pre-wrap;margin:.4rem 0;padding:.6rem .8rem;border:1px solid var(--grid);"
    "border-radius:.3rem}\n"
    "nav ul{list-style:none;margin:1rem 0;padding:0;display:flex;flex-wrap:wrap;gap:.2rem 1.1rem}\n"
    "blockquote{margin:1rem 0;padding:.1rem 1rem;border-left:.25rem solid var(--series-1);"
    "white-space:pre-wrap;overflow-wrap:anywhere}\n"
    ".note{color:var(--muted)}\n"
    ".tiles{display:grid;grid-template-columns:repeat(3,1fr);gap:1rem;margin:1rem 0}\n"
    ".tile{border:1px solid var(--grid);border-radius:.4rem;padding:.8rem 1rem 1rem}\n"
    ".tile h3{margin:0;font-size:1rem}\n"
    ".tile .big{font-size:2.3rem;line-height:1.25;font-weight:650;margin:.1rem 0}\n"
    ".tile .verdict{font-weight:600;margin:.2rem 0 .6rem}\n"
    ".tile p{font-size:.9rem}\n"
    ".scale{position:relative;height:.9rem;background:var(--grid);border-radius:.2rem;"
    "margin:.2rem 0 .3rem;print-color-adjust:exact;-webkit-print-color-adjust:exact}\n"
    ".scale span{position:absolute;top:0;bottom:0}\n"
    ".scale .value{left:0;background:var(--series-1);border-radius:.2rem}\n"
    ".scale .goal{background:var(--target);opacity:.45}\n"
    ".scale .seed{width:3px;margin-left:-1px;background:var(--text)}\n"
    ".key{font-size:.85rem;color:var(--muted);margin:.1rem 0 .6rem}\n"
    ".key b{color:var(--text)}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.2rem;margin:.8rem 0}\n"
    "dt{color:var(--muted)}\n"
    "dd{margin:0;min-width:0;overflow-wrap:anywhere}\n"
    "figure{margin:1.4rem 0 2rem}\n"
    "figcaption{margin-bottom:.5rem}\n"
    "figcaption strong{display:block}\n"
    "figcaption span{color:var(--muted);font-size:.93rem;display:block;max-width:48rem}\n"
    "figure svg{display:block;width:100%;height:auto;max-width:920px}\n"
    "figure .narrow{display:none}\n"
    ".made{font-size:.85rem;color:var(--muted);margin:.4rem 0 0;max-width:none}\n"
    ".scroll{overflow-x:auto}\n"
    "table{border-collapse:collapse;font-size:.88rem;margin:.5rem 0;"
    "font-variant-numeric:tabular-nums}\n"
    "caption{text-align:left;color:var(--muted);padding:.3rem 0}\n"
    "th,td{text-align:right;padding:.22rem .7rem;border-bottom:1px solid var(--grid);"
    "white-space:nowrap}\n"
    "thead th{white-space:normal;vertical-align:bottom}\n"
    "th:first-child,td:first-child,.left{text-align:left}\n"
    ".wrap{white-space:normal;min-width:9rem;overflow-wrap:anywhere;vertical-align:top}\n"
    "summary{cursor:pointer;color:var(--series-1);padding:.2rem 0}\n"
    "@media screen and (max-width:760px){\n"
    ".tiles{grid-template-columns:1fr}\n"
    "main,header,footer{padding-left:1rem;padding-right:1rem}\n"
    "figure .wide{display:none}\nfigure .narrow{display:block}\n"
    "figure .narrow svg{max-width:560px}\n"
    "dl{grid-template-columns:1fr;gap:0}\ndd{margin-bottom:.5rem}\n"
    "th,td{padding:.22rem .45rem}\n"
    "}\n"
    "@media print{\n"
    "@page{margin:15mm}\n"
    "body{font-size:10.5pt}\n"
    "nav,.files{display:none}\n"
    "main,header,footer{padding:0;max-width:none}\n"
    "figure,.tile,tr{break-inside:avoid}\n"
    "h2,h3,h2+p{break-after:avoid}\n"
    ".scroll{overflow:visible}\n"
    "summary{display:none}\n"
    "details::details-content{content-visibility:visible;block-size:auto}\n"
    "table{font-size:7.5pt}\nth,td{padding:.1rem .3rem}\n"
    "}\n";

void html_begin(FILE *out, const char *title)
{
  fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\n"
        "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>",
        out);
  html_text(out, title);
  fputs("</title>\n<style>\n", out);
  palette_css(out);
  fputs(style, out);
  fputs("</style>\n</head>\n<body>\n", out);
}

void html_end(FILE *out)
{
  fputs("</body>\n</html>\n", out);
}
