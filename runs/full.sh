#!/usr/bin/env bash
# The 8B run, from nothing to the paper's table (runs/NAME-table.md under KEEPSAKE_HOME). On a machine with CUDA, in the clone, after
#   CMAKE_ARGS=-DGGML_CUDA=on make .venv/.train .venv/.benchmark
# and, for the judge, vllm in an environment of its own (its torch is another).
# Started again, it goes on where it was. `runs/full.sh --dry-run` prints every command with devices, memory and hours
# (computed: this project has never run it), needs no settings, and fails on what would fail.
#
#   DEVICES=5 RECIPE=train/recipes/qwen3-vl-8b-paper-exact.toml KEEPSAKE_HOME=/data/keepsake runs/full.sh
#   runs/full.sh --model FOLDER          trains nothing: the table of a Qwen3-VL of yours (transformers' form, with a LoRA
#                                        in its folder `adapter` or without)
#
# Before: the authors' lists and images in data/covip (links in the README of github.com/oyt9306/CoViP, for research use
# only), 125 GB under KEEPSAKE_HOME and 20 GB in the hub's cache (HF_HOME), and the judge, started as the dry run says: it
# has the last device to itself.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
RECIPE="${RECIPE:-train/recipes/qwen3-vl-8b.toml}"
LAUNCH="${LAUNCH:-train/launch/ddp.yaml}"
DEVICES="${DEVICES:-8}"
exec python -m train lab "$RECIPE" --devices "$DEVICES" --launch "$LAUNCH" "$@"
