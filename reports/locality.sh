#!/bin/sh
# Makes reports/locality.md, locality.csv and the pictures locality-*.svg: what PTCs of many shapes
# make of the published access patterns and of decode steps of every model at hand.
#
#   make && reports/locality.sh
#
# Needs build/vtpu (or VTPU=path) and gnuplot (scripts/install report). Models: models/carried if it
# is there; those of the data folder beside the project (VTPU_SHARED_DATA, or ../shared/data); and
# one that is made here of zeros, larger than the PTCs reach (addresses do not depend on weights).
# Each workload is run once a curve; a run gives every geometry (sim/locality.h).
set -eu
cd "$(dirname "$0")/.."
vtpu=${VTPU:-build/vtpu}
data=${VTPU_SHARED_DATA:-../shared/data}
out=reports
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$vtpu" locality --help >/dev/null 2>&1 || {
  echo "$vtpu is missing or too old: run make" >&2
  exit 2
}
command -v gnuplot >/dev/null || {
  echo "gnuplot is missing: run scripts/install report" >&2
  exit 2
}

# --- runs ------------------------------------------------------------------------------------------
csv=$work/all.csv
echo "workload,curve,granularity,prefetch,ways,entries,accesses,hits,walks,percent" >"$csv"
info=$work/info # name, accesses, pages, coordinates, cores
: >"$info"

# study NAME OBJECT [OPTION...]: adds a workload to the CSV. Pages are the same on every curve
# (checked).
study() {
  name=$1
  object=$2
  shift 2
  for curve in zorder hilbert row; do
    "$vtpu" locality -q -s curve=$curve "$@" --csv "$work/one.csv" \
      --json "$work/one.json" "$object"
    awk -F, -v name="$name" -v curve=$curve '
      NR > 1 && ($2 != "page" || curve == "zorder") { print name "," $0 }' "$work/one.csv" >>"$csv"
    awk -F, '$2 == "page" { sub(/^[a-z]*,/, ""); print }' "$work/one.csv" >"$work/pages.$curve"
    cmp -s "$work/pages.$curve" "$work/pages.zorder" || {
      echo "$name: pages differ on curve $curve" >&2
      exit 1
    }
  done
  sed -n 's/.*"\(accesses\|pages\|coordinates\|cores\)": *\([0-9]*\).*/\1 \2/p' "$work/one.json" |
    awk -v name="$name" '{ v[$1] = $2 }
      END { print name, v["accesses"], v["pages"], v["coordinates"], v["cores"] }' >>"$info"
  echo "  $name" >&2
}

patterns="sweep unit walk random cognitive hot unique structured"
for p in $patterns; do
  "$vtpu" asm tests/ptc/patterns/$p.s -o "$work/$p.siw"
  study $p "$work/$p.siw" -s lazy_mapping=yes
done

# reference PATTERN ENTRIES: "hits of accesses" with the public reference's own PTC.
reference() {
  "$vtpu" run "$work/$1.siw" -s ptc_entries=$2 -s ptc_ways=8 -s ptc_hash=reference \
    -s ptc_replacement=way0 -s ptc_granularity=coordinate -s lazy_mapping=yes |
    awk '/PTC hit rate/ { gsub(",", ""); print $6, $8 }'
}

# A Llama-shaped checkpoint of zeros: 27 million weights, several times what the PTCs reach.
zeros() {
  mkdir "$1"
  cat >"$1/config.json" <<EOF
{"architectures": ["LlamaForCausalLM"], "attention_bias": false, "bos_token_id": 1,
 "eos_token_id": 2, "head_dim": 64, "hidden_act": "silu", "hidden_size": 512,
 "intermediate_size": 1536, "max_position_embeddings": 256, "num_attention_heads": 8,
 "num_hidden_layers": 8, "num_key_value_heads": 4, "rms_norm_eps": 1e-06, "rope_scaling": null,
 "rope_theta": 10000, "tie_word_embeddings": true, "vocab_size": 4096}
EOF
  awk 'function tensor(name, rows, cols) {
      bytes = (rows ? rows : 1) * cols * 2
      printf "%s\"%s.weight\":{\"dtype\":\"BF16\",\"shape\":[%s%d],\"data_offsets\":[%d,%d]}", \
        at ? "," : "", name, rows ? rows "," : "", cols, at, at + bytes
      at += bytes
    }
    BEGIN {
      printf "{"
      tensor("model.embed_tokens", 4096, 512)
      for (l = 0; l < 8; l++) {
        p = "model.layers." l "."
        tensor(p "input_layernorm", 0, 512)
        tensor(p "self_attn.q_proj", 512, 512)
        tensor(p "self_attn.k_proj", 256, 512)
        tensor(p "self_attn.v_proj", 256, 512)
        tensor(p "self_attn.o_proj", 512, 512)
        tensor(p "post_attention_layernorm", 0, 512)
        tensor(p "mlp.gate_proj", 1536, 512)
        tensor(p "mlp.up_proj", 1536, 512)
        tensor(p "mlp.down_proj", 512, 1536)
      }
      tensor("model.norm", 0, 512)
      printf "}"
      print at >"/dev/stderr"
    }' >"$work/header" 2>"$work/bytes"
  length=$(wc -c <"$work/header")
  # The header's length as eight bytes, lowest first; it is below 65536.
  printf "$(printf '\\%03o\\%03o' $((length % 256)) $((length / 256)))\\0\\0\\0\\0\\0\\0" \
    >"$1/model.safetensors"
  cat "$work/header" >>"$1/model.safetensors"
  truncate -s $((8 + length + $(cat "$work/bytes"))) "$1/model.safetensors"
}

models=
echo 1 >"$work/begin"
# model NAME PATH STEPS: that many decode steps from the begin token, and the first one alone.
model() {
  [ -e "$2" ] || return 0
  "$vtpu" lower --model "$2" --token-ids "$work/begin" -n "$3" --ignore-end -o "$work/$1.siw"
  study "$1" "$work/$1.siw"
  "$vtpu" lower --model "$2" --token-ids "$work/begin" -n 1 --ignore-end -o "$work/$1-first.siw"
  study "$1-first" "$work/$1-first.siw"
  models="$models $1"
}
[ -e models/carried/config.json ] && model carried models/carried 32
model stories260K "$data/stories260K/stories260K.bin" 64
model qwen3-tied "$data/tiny_qwen3/a_tied_f32" 64
model qwen3-untied "$data/tiny_qwen3/b_untied_bf16" 64
zeros "$work/zeros"
model zeros27M "$work/zeros" 4

small=${models# }
small=${small%% *}

cp "$csv" $out/locality.csv

# --- tables ----------------------------------------------------------------------------------------
# rate WORKLOAD CURVE GRANULARITY PREFETCH WAYS ENTRIES [COLUMN]: percent, or another column
rate() {
  awk -F, -v w="$1" -v c="$2" -v g="$3" -v p="$4" -v y="$5" -v e="$6" -v k="${7:-10}" '
    $1 == w && $2 == c && $3 == g && $4 == p && $5 == y && $6 == e {
      if (k == 10) printf "%.4f", $10; else printf "%s", $k }' $out/locality.csv
}
# Misses with prefetch in a large PTC: pages that no page before them led to.
unled() {
  echo $(($(rate "$1" zorder page yes 0 4096 7) - $(rate "$1" zorder page yes 0 4096 8)))
}
field() { awk -v w="$1" -v k="$2" '$1 == w { print $k }' "$info"; }

{
  cat <<'EOF'
# Locality: what the PTC sees

Made by `reports/locality.sh`; every figure is in [locality.csv](locality.csv) (columns: workload, curve,
granularity, prefetch, ways with 0 for fully associative, entries of one core's PTC, accesses, hits, walks,
percent). Accesses are demand accesses (gathers, scatters, flushes); results are sums over cores. One run
gives all geometries: one LRU stack of all keys for fully associative PTCs, one stack a set for the others
(`vtpu locality`, sim/locality.h). At the machine's own geometry the count is the engine's, to the unit; tests
check this, and the rest against plain lists.

**Prefetch** here is a model: when a core turns from one page to another, the page that follows along the
linear axis is in the PTC at once, at no cost, if it is allocated. It is the most that a next-page prefetcher
can do. The lowering issues no prefetches, so "no prefetch" is what the programs really get.

## The published patterns

As programs (`tests/ptc/patterns`). The reference's PTC: 2048 entries, 8-way, an entry a coordinate, its own hash, always
way 0 replaced. Hits are those that the reference's sources give, exactly (tests/ptc/patterns_test.c). Its 3-D walk is
published with 8192 entries. The right columns are the architecture's PTC, 1024 entries, 4-way, LRU, fold: with an entry a
page (its default; the curve cannot matter, as it orders cells inside a page) and with an entry a coordinate.

| pattern | accesses | reference hits | % | pages % | coordinates % zorder | hilbert | row | pages, fully associative % |
|---|---|---|---|---|---|---|---|---|
EOF
  for p in $patterns walk8192; do
    n=${p%8192}
    entries=2048
    note=
    [ $p = walk8192 ] && entries=8192 && note=" (8192 entries)"
    set -- $(reference $n $entries)
    printf '| %s%s | %s | %s | %s | %s | %s | %s | %s | %s |\n' "$n" "$note" "$2" "$1" \
      "$(awk -v h="$1" -v a="$2" 'BEGIN { printf "%.4f", 100 * h / a }')" \
      "$(rate $n zorder page no 4 1024)" "$(rate $n zorder coordinate no 4 1024)" \
      "$(rate $n hilbert coordinate no 4 1024)" "$(rate $n row coordinate no 4 1024)" \
      "$(rate $n zorder page no 0 1024)"
  done
  cat <<'EOF'

- `sweep`, `unit`, `walk`, `cognitive`, `hot`: everything fits; a page misses once where a coordinate misses 64 times.
  (`hot` includes the 1064 accesses of its warm-up, of which the reference reports none: it counts 640000 hits of 640000.)
- `random`, `unique`: no page is used again before it is gone, at any size shown.
- `structured`: 512 pages, 100 times. They fit into 1024 entries, yet every visit of a page begins with a miss, because the
  fold lays D0, D1 and D2 (9 bits each of the page key) over each other: the cube falls onto 32 of the 256 sets. A
  larger PTC can do worse (2048 entries 4-way 93.75 %: 512 sets, so the fields lie exactly on top of each other and 8
  sets are used). See the picture; 16 ways, or fully associative, give 99.98 %.

![hit rate of structured](locality-structured.svg)

## Decode steps

Preset `spec`: 16 sentrons on 8 cores, PTC of 1024 entries, 4-way, LRU. Steps run from an empty PTC, so each page's first
touch is in the count; "first step" is one step alone, where nothing is used a second time except within the step.

| model | steps | accesses | pages, all cores | coordinates | no prefetch % | with prefetch % | 64 entries % | with prefetch % | entry a coordinate % |
|---|---|---|---|---|---|---|---|---|---|
EOF
  for m in $models; do
    for w in $m $m-first; do
      steps=many
      [ $w = $m ] || steps=first
      printf '| %s | %s | %s | %s | %s | **%s** | **%s** | %s | %s | %s |\n' "$m" $steps \
        "$(field $w 2)" "$(field $w 3)" "$(field $w 4)" "$(rate $w zorder page no 4 1024)" \
        "$(rate $w zorder page yes 4 1024)" "$(rate $w zorder page no 4 64)" \
        "$(rate $w zorder page yes 4 64)" "$(rate $w zorder coordinate no 4 1024)"
    done
  done
  cat <<EOF

(many: carried 32, stories260K and tiny Qwen3 64, zeros27M 4. zeros27M is a Llama shape of 27 million weights, all zero:
addresses do not depend on weights. Its $(($(field zeros27M 3) / $(field zeros27M 5))) pages a core do not fit into the PTC, so
nearly every page needs a walk in every step.)

- **Above 95 % without prefetch and above 99 % with it, for every model over its decode steps.** A page is 64 cells, and kernels
  walk tensors along the linear axis: weights that are gone from the PTC when they come back still hit 63 times of 64, which
  alone is 98.4 %; activations and caches lift it.
- The first step of a small model, alone and from an empty PTC, is above 95 % but not always above 99 % with prefetch: of the
  $(field $small-first 3) pages of $small, $(unled $small-first) follow no page that the same core has entered before, because eight
  cores share matrices of a few pages each. No next-page prefetcher can know those; the compiler could (SPREFCH with the
  wildcard before a kernel).
- With an entry a coordinate the PTC is useless for weights: the key is new at each access.

EOF
  cat <<'EOF'
![misses of page PTCs](locality-models.svg)

### Associativity and size, no prefetch

Hit rate in %, an entry a page, many steps.

| model | entries | 1-way | 2-way | 4-way | 8-way | full |
|---|---|---|---|---|---|---|
EOF
  for m in $models; do
    for e in 64 256 1024 4096; do
      printf '| %s | %s |' "$m" $e
      for y in 1 2 4 8 0; do printf ' %s |' "$(rate $m zorder page no $y $e)"; done
      printf '\n'
    done
  done
  cat <<'EOF'

### Curves

With an entry a page the curve is without effect: all figures above are the same on zorder, hilbert and row (the script compares
them). With an entry a coordinate the curve changes which set a coordinate falls into, and what "next" is for the prefetch.
1024 entries, 4-way, hit rate in %, many steps:

| model | zorder | hilbert | row | prefetch: zorder | hilbert | row |
|---|---|---|---|---|---|---|
EOF
  for m in $models; do
    printf '| %s |' "$m"
    for p in no yes; do
      for c in zorder hilbert row; do printf ' %s |' "$(rate $m $c coordinate $p 4 1024)"; done
    done
    printf '\n'
  done
  cat <<'EOF'

Programs that walk the linear axis make the same stream of storage places on every curve; the columns are equal for them.

## Granularity

![page against coordinate](locality-granularity.svg)
EOF
} >"$work/locality.md"
cp "$work/locality.md" $out/locality.md

# --- pictures --------------------------------------------------------------------------------------
shown=stories260K
case " $models " in *" carried "*) shown=carried ;; *" stories260K "*) ;; *) shown=zeros27M ;; esac
# pick WORKLOAD GRANULARITY PREFETCH WAYS: entries, percent missed (at least what a log axis shows)
pick() {
  awk -F, -v w="$1" -v g="$2" -v p="$3" -v y="$4" '
    $1 == w && $2 == "zorder" && $3 == g && $4 == p && $5 == y {
      miss = 100 - $10; print $6 "," (miss > 1e-5 ? miss : 1e-5) "," $10 }' $out/locality.csv
}
for m in $models; do
  pick $m page no 4 >"$work/$m.no"
  pick $m page yes 4 >"$work/$m.yes"
done
for y in 1 2 4 8 0; do pick structured page no $y >"$work/structured.$y"; done
for g in page coordinate; do
  pick $shown $g no 0 >"$work/$g.no"
  pick $shown $g yes 0 >"$work/$g.yes"
done

gnuplot <<EOF
set terminal svg size 760,440 font "Helvetica,13" background rgb "white"
set datafile separator comma
set border 3 lw 1 lc rgb "#555555"
set tics nomirror out scale 0.5 textcolor rgb "#333333"
set grid ytics lc rgb "#e0e0e0" lw 0.7
set logscale x 2
set xtics (64, 128, 256, 512, 1024, 2048, 4096)
set xrange [56:4700]
set xlabel "entries of a core's PTC"
# Colours that also colour-blind readers tell apart (Okabe and Ito).
array colour[5] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9"]

set output "$out/locality-models.svg"
set title "Decode steps: misses of a 4-way PTC with an entry a page" font ",14"
set ylabel "demand accesses that miss, %"
set logscale y
set format y "%g"
set key outside right top Left reverse samplen 3 spacing 1.2
models = "$models"
name(i) = word(models, i)
set yrange [0.0005:10]
set arrow 1 from graph 0, first 5 to graph 1, first 5 nohead lc rgb "#888888" dt 3
set arrow 2 from graph 0, first 1 to graph 1, first 1 nohead lc rgb "#888888" dt 3
set label 1 "95 % hit" at graph 0.55, first 6.2 textcolor rgb "#666666" font ",11"
set label 2 "99 % hit" at graph 0.55, first 0.8 textcolor rgb "#666666" font ",11"
plot for [i = 1:words(models)] "$work/" . name(i) . ".no" using 1:2 with linespoints \
       lc rgb colour[i] lw 2 pt 7 ps 0.6 title name(i), \
     for [i = 1:words(models)] "$work/" . name(i) . ".yes" using 1:2 with lines \
       lc rgb colour[i] lw 1.5 dt 2 title (i == 1 ? "with prefetch" : "")
unset arrow
unset label
unset logscale y

set output "$out/locality-granularity.svg"
set title "$shown: fully associative PTCs" font ",14"
set ylabel "demand accesses that hit, %"
set yrange [0:102]
plot "$work/page.no" using 1:3 with linespoints lc rgb colour[1] lw 2 pt 7 ps 0.6 title "page", \
     "$work/page.yes" using 1:3 with lines lc rgb colour[1] lw 1.5 dt 2 title "page, prefetch", \
     "$work/coordinate.no" using 1:3 with linespoints lc rgb colour[2] lw 2 pt 5 ps 0.6 \
       title "coordinate", \
     "$work/coordinate.yes" using 1:3 with lines lc rgb colour[2] lw 1.5 dt 2 \
       title "coordinate, prefetch"

set output "$out/locality-structured.svg"
set title "structured (512 pages, an entry a page)" font ",14"
set yrange [92:101]
ways = "1 2 4 8 0"
label(i) = word(ways, i) eq "0" ? "fully associative" : word(ways, i) . "-way"
plot for [i = 1:5] "$work/structured." . word(ways, i) using 1:3 with linespoints \
       lc rgb colour[i] lw 2 pt 7 ps 0.6 title label(i)
EOF
echo "wrote $out/locality.md, $out/locality.csv and $out/locality-*.svg" >&2
