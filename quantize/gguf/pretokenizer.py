"""Run the converter for a vocabulary of our own: `python -P pretokenizer.py NAME convert_hf_to_gguf.py ARGUMENTS`.

llama.cpp must be told by name how a BPE vocabulary splits text before merging. The converter knows that name by a hash
of a test sentence's tokens, which recognises published vocabularies only, and refuses any other. NAME is the answer
instead ("qwen2"). A script for `export.py`, run in a process of its own; nothing imports it.
"""

from __future__ import annotations

import runpy
import sys

if __name__ == "__main__":
    from conversion.base import TextModel  # the converter's own package, on PYTHONPATH

    name, sys.argv = sys.argv[1], sys.argv[2:]
    TextModel.get_vocab_base_pre = lambda self, tokenizer: name
    runpy.run_path(sys.argv[0], run_name="__main__")
