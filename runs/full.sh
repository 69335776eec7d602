#!/usr/bin/env bash
# The 8B run, from nothing to a tested model. On a machine with CUDA, in the clone, after
#   make .venv/.train .venv/.benchmark && .venv/bin/pip install deepspeed
# Started again, the script goes on where it was. This project has never run it: time and memory are not known here.
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

# 2. The judge, which you start yourself, on devices of its own:
#      vllm serve Qwen/Qwen3-30B-A3B-Instruct-2507-FP8 --port 8001 --max-model-len 8192
curl --silent --fail http://127.0.0.1:8001/v1/models >/dev/null || { echo "no judge at port 8001" >&2; exit 1; }

# 3. Training. Watch $run/rollouts.txt; $run/metrics.jsonl has the curves.
accelerate launch --config_file "$LAUNCH" --num_processes "$DEVICES" -m train gspo "$RECIPE" --resume

# 4. Base and LoRA side by side: the checkpoint that the export reads.
hf download "$BASE" --local-dir "$checkpoint"
rm -rf "$checkpoint/adapter"
cp -r "$run/adapter" "$checkpoint/adapter"

# 5. Export for the laptop, compared with the checkpoint. Variants that fail are left out, with a message; if none passes,
#    there is no model, and the next step fails.
python -m quantize all "$checkpoint" --out "$model" --run "$run/run.json" --size full || true

# 6. Measure the model: held-out captions by the same judge, then the whole evaluation as a page.
python -m benchmark capeval --model "$name" --positives 1 2 3 4 \
  --judge chat --url http://127.0.0.1:8001/v1 --judge-model Qwen/Qwen3-30B-A3B-Instruct-2507-FP8
python -m benchmark diagnose --model "$name" --size quick --out "$run/diagnose"
python -m benchmark report "$run/diagnose" --out "$run/page"
echo "results: $run/page"
