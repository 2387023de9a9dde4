#!/bin/sh
# Makes reports/gallery/ anew: figures of the carried model's report, and a README with the command
# behind each.
#
#   make && reports/gallery.sh          (or make gallery; VTPU=path of the command)
set -eu
cd "$(dirname "$0")/.."
work=build/gallery
out=reports/gallery
reports/carried.sh $work >$work.log 2>&1 || {
  cat $work.log >&2
  exit 1
}
mkdir -p $out

# command_of FILE...: the commands that wrote these files of the report, as they say themselves.
command_of() {
  for file; do
    sed -n 's/^ "command_line": "\(.*\)",*$/\1/p' $work/$file.json
  done
}

# How the object of `vtpu locality` came about, from carried.sh.
lowered() {
  sed -n 's/^"$vtpu" lower \(.*\)$/`vtpu lower \1` made its program./p' reports/carried.sh |
    sed "s,\$model,models/carried,; s,\"\$dir/carried.siw\",$work/carried.siw,"
}

# figure NAME "TITLE" "WHAT IS SEEN" FILE...
figure() {
  cp $work/$1.svg $out/
  printf '\n## %s\n\n%s\n\n![%s](%s.svg)\n\n```\n' "$2" "$3" "$2" "$1"
  shift 3
  command_of "$@"
  echo '```'
}

{
  cat <<'EOF'
# Gallery

Figures of `vtpu report`, from real runs of the carried model (`models/carried`). `make gallery` makes them
anew; below each stand the commands that made its data, and `vtpu report` drew it (`reports/carried.sh` has all of
them in order). The whole page, with tables, is what `make demo` ends with. The figures follow the reader's light
or dark theme.
EOF
  figure stack-layers "Cycle stack by layer" \
    "Where the cycles of all 16 sentrons went while the model wrote its story." run
  figure stack-sentrons "Cycle stack by sentron" \
    "The same by sentron: some have work, the others wait for their messages." run
  figure time-ops "Operations per cycle over time" \
    "First the prompt, in one block of positions; then a position at a time." run
  figure roofline-s "Roofline at the S ports" \
    "The large products (right) come near what the ports can move; norms and RoPE (left) do not." \
    profile
  figure ptc-size "PTC hit rate by size and ways" \
    "What PTCs of other shapes would have made of the prompt and the first positions after it. $(lowered)" \
    ptc-zorder
  figure heat "Accesses to phext space" \
    "D4 is the kind of tensor or buffer; its layers lie along D3 and are added up here. Weights are long along D0. A tenth of the run's cycles." run
  figure scaling-gain "What more sentrons gain" \
    "A model this small gains little beyond 4 sentrons: the others wait for messages and at barriers." \
    sentrons-1 sentrons-2 sentrons-4 sentrons-8 sentrons-16
} >$out/README.md
echo $out/README.md
