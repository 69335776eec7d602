"""Checkpoints to GGUF files, through the converter of the installed llama.cpp and its own quantiser.

Every file is written under a temporary name and renamed when it is whole. What the files must agree on is proved
elsewhere (`verify.py`), not here.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from memory.errors import KeepsakeError
from quantize import converter

QUANTISED = ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M")
"""Kinds `quantise` makes, largest first: about 8.5, 6.6, 5.7 and 4.8 bits a weight."""

_listeners: list[object] = []
"""C keeps only the address of a log callback: Python must keep it alive."""


def export_mmproj(hf_dir: Path, out: Path, dtype: str = "f16") -> Path:
    """Vision tower and connector of the model in `hf_dir`. `dtype`: f32, f16, bf16 or q8_0."""
    return _convert("convert_hf_to_gguf.py", [str(hf_dir), "--mmproj", "--outtype", dtype], out)


def export_language(hf_dir: Path, out: Path, dtype: str, pre_tokenizer: str | None = None) -> Path:
    """The language model in `hf_dir`, with its tokenizer.

    `pre_tokenizer` names llama.cpp's way to split text ("qwen2"), for a vocabulary that the converter does not know.
    """
    arguments = [str(hf_dir), "--outtype", dtype]
    return _convert("convert_hf_to_gguf.py", arguments, out, pre_tokenizer)


def export_adapter(adapter_dir: Path, base_dir: Path, out: Path, dtype: str = "f16") -> Path:
    """A peft LoRA of the language model in `base_dir` (only its config is read)."""
    with tempfile.TemporaryDirectory() as scratch:
        # without the README that peft writes: the converter would copy the base's folder on this machine from it
        bare = Path(scratch) / out.stem
        bare.mkdir()
        for name in ("adapter_config.json", "adapter_model.safetensors"):
            if not (adapter_dir / name).is_file():
                raise KeepsakeError(f"{adapter_dir} is not a LoRA: it has no {name}")
            shutil.copyfile(adapter_dir / name, bare / name)
        return _convert("convert_lora_to_gguf.py", [str(bare), "--base", str(base_dir), "--outtype", dtype], out)


def quantise(src: Path, dst: Path, kind: str, threads: int = 1) -> Path:
    """A smaller copy of a language model GGUF (f32, f16 or bf16); `kind` is one of `QUANTISED`."""
    import llama_cpp

    if kind not in QUANTISED:
        raise KeepsakeError(f"unknown kind {kind!r}: use one of {', '.join(QUANTISED)}")
    if not src.is_file():
        raise KeepsakeError(f"no such file: {src}")
    said: list[str] = []

    @llama_cpp.llama_log_callback
    def listen(level: int, text: bytes, _: ctypes.c_void_p) -> None:
        if level == 3:  # GGML_LOG_LEVEL_ERROR
            said.append(text.decode(errors="replace").strip())

    _listeners.append(listen)
    llama_cpp.llama_log_set(listen, ctypes.c_void_p(0))
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{kind}")
    params.nthread = threads
    partial = _partial(dst)
    if llama_cpp.llama_model_quantize(os.fsencode(src), os.fsencode(partial), ctypes.byref(params)):
        partial.unlink(missing_ok=True)
        raise KeepsakeError(f"cannot quantise {src.name}: {said[-1] if said else 'llama.cpp gave no reason'}")
    os.replace(partial, dst)
    return dst


def _convert(script: str, arguments: list[str], out: Path, pre_tokenizer: str | None = None) -> Path:
    """Run the converter in a process of its own; on failure its last line is the error."""
    tools = converter.find()
    partial = _partial(out)
    command = [str(tools / script), *arguments, "--outfile", str(partial)]
    if pre_tokenizer:
        command = [str(Path(__file__).with_name("pretokenizer.py")), pre_tokenizer, *command]
    # -P: a script's own folder stays off the path, or this file would be taken for the converter's `gguf`
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(tools), str(tools / "gguf-py")))}
    environment |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    command = [sys.executable, "-P", *command]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode or not partial.exists():
        partial.unlink(missing_ok=True)
        why = (done.stderr.strip().splitlines() or ["the converter said nothing"])[-1]
        raise KeepsakeError(f"cannot write {out.name}: {why}")
    os.replace(partial, out)
    return out


def _partial(out: Path) -> Path:
    out.parent.mkdir(parents=True, exist_ok=True)
    return out.with_name(f"{out.stem}.partial{out.suffix}")
