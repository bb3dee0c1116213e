#!/usr/bin/env bash
# Make the pictures of the pages from runs of now: docs/pictures.sh PROGRAM
#
# The numbers that they show are noted beside them in pictures.json; a test fails when a run gives other ones.
set -euo pipefail
cd "$(dirname "$0")/.."
program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

picture() { # picture PAGE WIDTH HEIGHT FILE
    chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/profile" \
        --window-size="$2,$3" --virtual-time-budget=5000 --screenshot="$work/shot.png" "file://$1" 2>/dev/null
    # As many colours as a page has, so that the repository stays small.
    pngquant --force --strip --output "$4" 64 "$work/shot.png"
}

cp -r examples "$work/"
"$program" run "$work/examples/us_equities.yaml" --json >"$work/example.json"
picture "$work/examples/reports/us_equities/report.html" 1265 1800 docs/report.png

mkdir "$work/tutorial"
cd "$work/tutorial"
cp "$work/examples/data/thirty.csv.gz" prices.csv.gz
"$program" init --data prices.csv.gz >/dev/null
"$program" run study.yaml --json >"$work/tutorial.json"
picture "$PWD/reports/prices/report.html" 1265 1600 "$OLDPWD/docs/tutorial-report.png"
sed -i 's/horizon: 5/horizon: 21/; s/rebalance: weekly/rebalance: monthly/' study.yaml
"$program" run study.yaml >/dev/null 2>&1
"$program" compare prices@1 prices@2 --out compare.html >/dev/null
picture "$PWD/compare.html" 1265 1500 "$OLDPWD/docs/tutorial-compare.png"
cd "$OLDPWD"

python3 - "$work" <<'PYTHON' >docs/pictures.json
import json, pathlib, sys

work = pathlib.Path(sys.argv[1])
shown = {}
for picture, run in [("report.png", "example.json"), ("tutorial-report.png", "tutorial.json")]:
    verdict = json.loads((work / run).read_text())["measures"]["verdict"]
    shown[picture] = verdict["lines"]
print(json.dumps(shown, indent=2, ensure_ascii=False))
PYTHON
