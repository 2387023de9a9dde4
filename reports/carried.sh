#!/bin/sh
# Makes the report of the carried model, DIR/index.html, with everything that a report can show, and
# prints what the model writes on the way. What `make demo` runs.
#
#   make && reports/carried.sh DIR
#
# Needs build/vtpu (or VTPU=path) and gnuplot (scripts/install report). Every figure's data stays in DIR.
set -eu
cd "$(dirname "$0")/.."
vtpu=${VTPU:-build/vtpu}
dir=${1:?usage: reports/carried.sh DIR}
model=models/carried
mkdir -p "$dir"

"$vtpu" infer --model $model --prompt "Once upon a time" --tokens 220 --timeline 128 \
  --json "$dir/run.json" --profile-json "$dir/profile.json" \
  --trace "$dir/run.trace" --trace-kinds memory --trace-sample 1000/10000

# A step with narrow weights on fewer and more sentrons: 16 are two on each core.
runs=
for sentrons in 1 2 4 8 16; do
  "$vtpu" infer --model $model --prompt Once --tokens 24 --weights i8 --ignore-end -q \
    --sentrons $sentrons --json "$dir/sentrons-$sentrons.json" >"$dir/text"
  runs="$runs $dir/sentrons-$sentrons.json"
done

# What PTCs of other sizes, and on other curves, would have made of 12 positions.
"$vtpu" lower --model $model --prompt "Once upon a time" --tokens 8 -o "$dir/carried.siw"
localities=
for curve in zorder hilbert row; do
  "$vtpu" locality -q --set curve=$curve --json "$dir/ptc-$curve.json" "$dir/carried.siw"
  localities="$localities --locality $dir/ptc-$curve.json"
done

echo
echo "The report:"
# Lists of files of DIR, which has no spaces here.
# shellcheck disable=SC2086
"$vtpu" report "$dir/run.json" $runs --profile "$dir/profile.json" $localities \
  --trace "$dir/run.trace" -o "$dir"
