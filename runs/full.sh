#!/usr/bin/env bash
# The 8B run, from nothing to a tested model: the one description of it. On a machine with CUDA, in the clone, after
#   make .venv/.train .venv/.benchmark && .venv/bin/pip install deepspeed
# It goes on where it was when it is started again. Never run by this project so far: what it takes is not known here.
#
#   DEVICES=8 LAUNCH=train/launch/zero3.yaml RECIPE=train/recipes/qwen3-vl-8b-paper-exact.toml runs/full.sh
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
: "${KEEPSAKE_HOME:?set it to a folder with 100 GB: downloads, checkpoints, export}"
export KEEPSAKE_HOME
RECIPE="${RECIPE:-train/recipes/qwen3-vl-8b.toml}"
LAUNCH="${LAUNCH:-train/launch/zero2.yaml}"
DEVICES="${DEVICES:-4}"
BASE="${BASE:-Qwen/Qwen3-VL-8B-Instruct}"
name="$(basename "$RECIPE" .toml)"
run="$KEEPSAKE_HOME/train/$name/gspo"
checkpoint="$KEEPSAKE_HOME/train/$name/checkpoint"
model="$KEEPSAKE_HOME/models/$name"

# 1. The authors' training list and images: links in the README of github.com/oyt9306/CoViP, for research use only.
[ -f data/covip/train.json ] || { echo "data/covip/train.json is not there: see the recipe" >&2; exit 1; }

# 2. The judge, on devices of its own, started by hand:
#      vllm serve Qwen/Qwen3-30B-A3B-Instruct-2507-FP8 --port 8001 --max-model-len 8192
curl --silent --fail http://127.0.0.1:8001/v1/models >/dev/null || { echo "no judge at port 8001" >&2; exit 1; }

# 3. Training. Watch $run/rollouts.txt; $run/metrics.jsonl has the curves.
accelerate launch --config_file "$LAUNCH" --num_processes "$DEVICES" -m train gspo "$RECIPE" --resume

# 4. Base and LoRA side by side: the checkpoint that the export reads.
hf download "$BASE" --local-dir "$checkpoint"
rm -rf "$checkpoint/adapter"
cp -r "$run/adapter" "$checkpoint/adapter"

# 5. Export for the laptop, and proof that it says the same.
#    Forms that forgot are left out, and it says so; without any that passed there is no model, and the next step fails.
python -m quantize all "$checkpoint" --out "$model" --run "$run/run.json" --size full || true

# 6. What it learnt: held-out captions by the same judge, then the whole evaluation as a page.
python -m benchmark capeval --model "$name" --positives 1 2 3 4 \
  --judge chat --url http://127.0.0.1:8001/v1 --judge-model Qwen/Qwen3-30B-A3B-Instruct-2507-FP8
python -m benchmark diagnose --model "$name" --size quick --out "$run/diagnose"
python -m benchmark report "$run/diagnose" --out "$run/page"
echo "results: $run/page"
