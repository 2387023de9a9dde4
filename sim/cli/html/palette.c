/* The table of colours: see palette.h. */
#include "sim/cli/html/palette.h"

const struct colour palette[COLOURS] = {
    [COLOUR_GROUND] = {"ground", "#ffffff", "#14171c"},
    [COLOUR_TEXT] = {"text", "#1b1f24", "#e6e8eb"},
    [COLOUR_MUTED] = {"muted", "#55606e", "#a9b3bf"},
    [COLOUR_GRID] = {"grid", "#d5dae1", "#3a424d"},
    [COLOUR_TARGET] = {"target", "#a3122f", "#ff8da1"},
    [COLOUR_SERIES + 0] = {"series-1", "#1f5fa8", "#6aa9f0"},
    [COLOUR_SERIES + 1] = {"series-2", "#c2571a", "#f0924f"},
    [COLOUR_SERIES + 2] = {"series-3", "#1b7f5f", "#57c4a0"},
    [COLOUR_SERIES + 3] = {"series-4", "#8a3f8f", "#d08ad6"},
    [COLOUR_SERIES + 4] = {"series-5", "#7a6a1f", "#cbb75a"},
    [COLOUR_SERIES + 5] = {"series-6", "#4a4f57", "#b9c0ca"},
    [COLOUR_HEAT + 0] = {"heat-1", "#dbe9f6", "#1f2f45"},
    [COLOUR_HEAT + 1] = {"heat-2", "#bfd8ee", "#234468"},
    [COLOUR_HEAT + 2] = {"heat-3", "#9cc4e4", "#245c8f"},
    [COLOUR_HEAT + 3] = {"heat-4", "#70a9d8", "#2a78b4"},
    [COLOUR_HEAT + 4] = {"heat-5", "#478dc8", "#4297d2"},
    [COLOUR_HEAT + 5] = {"heat-6", "#296fb2", "#73b5e4"},
    [COLOUR_HEAT + 6] = {"heat-7", "#145294", "#a8d3f1"},
    [COLOUR_HEAT + 7] = {"heat-8", "#08306b", "#e2f1fc"},
    [COLOUR_OTHER] = {"other", "#767676", "#9c9c9c"},
    /* Work is green, results of pipes purple, memory from yellow to red the farther away, other
     * sentrons blue, set-up and end grey. */
    [COLOUR_CAUSE + STALL_ISSUE] = {"issue", "#2e8b57", "#4fb87d"},
    [COLOUR_CAUSE + STALL_FETCH] = {"branch", "#5b3f8f", "#8f72c9"},
    [COLOUR_CAUSE + STALL_BARRIER] = {"barrier", "#8da0ba", "#6d809c"},
    [COLOUR_CAUSE + STALL_COLLECTIVE] = {"collective", "#6f86a6", "#8ba0bf"},
    [COLOUR_CAUSE + STALL_FENCE] = {"fence", "#4c6488", "#a9bcd6"},
    [COLOUR_CAUSE + STALL_DRESULT] = {"d-result", "#8e5bb5", "#b98ae0"},
    [COLOUR_CAUSE + STALL_SRESULT] = {"s-result", "#ab7ccb", "#cfa8ee"},
    [COLOUR_CAUSE + STALL_CRESULT] = {"c-result", "#c7a3dc", "#e3caf7"},
    [COLOUR_CAUSE + STALL_PTC] = {"ptc", "#d6336c", "#ff7aa5"},
    [COLOUR_CAUSE + STALL_L1] = {"l1", "#f2d36b", "#fbe7a1"},
    [COLOUR_CAUSE + STALL_L2] = {"l2", "#eab13f", "#f5c65c"},
    [COLOUR_CAUSE + STALL_L3] = {"l3", "#dd8a2e", "#ee9d45"},
    [COLOUR_CAUSE + STALL_DDR] = {"ddr", "#bb4d22", "#dd6b3c"},
    [COLOUR_CAUSE + STALL_ENTRY] = {"memory-entry", "#86301a", "#a94f36"},
    [COLOUR_CAUSE + STALL_CREDIT] = {"credit", "#2f87b0", "#55b0da"},
    [COLOUR_CAUSE + STALL_MESSAGE] = {"message", "#155f86", "#378fbd"},
    [COLOUR_CAUSE + STALL_PORT] = {"port", "#159a9a", "#36c6c6"},
    [COLOUR_CAUSE + STALL_DRAIN] = {"drain", "#b3aa97", "#8a8170"},
    [COLOUR_CAUSE + STALL_SPAWN] = {"spawn", "#8f8672", "#b5ac99"},
    [COLOUR_CAUSE + STALL_IDLE] = {"idle", "#e4e7eb", "#2b313a"},
};

static void variables(FILE *out, int dark)
{
  for (int i = 0; i < COLOURS; i++)
    fprintf(out, "--%s:%s;", palette[i].name, dark ? palette[i].dark : palette[i].light);
}

void palette_css(FILE *out)
{
  fputs(":root{color-scheme:light dark;", out);
  variables(out, 0);
  fputs("}\n@media screen and (prefers-color-scheme:dark){:root{", out);
  variables(out, 1);
  fputs("}}\n", out);
}
