"""Checkpoints to GGUF files, through the converter of the installed llama.cpp and its own quantiser.

Every file is written under a temporary name and renamed when it is whole. What the files must agree on is proved
elsewhere (`verify.py`), not here.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from memory.errors import KeepsakeError
from quantize.gguf import converter

QUANTISED = ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M")
"""Kinds `quantise` makes, largest first: about 8.5, 6.6, 5.7 and 4.8 bits a weight where rows divide by 256."""
ROUGH = ("Q2_K",)
"""Kinds that lose too much to be offered; made by name only, to see that checks notice."""

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


def quantise(
    src: Path,
    dst: Path,
    kind: str,
    threads: int = 1,
    imatrix: Path | None = None,
    types: Mapping[str, str] | None = None,
) -> Path:
    """A smaller copy of a language model GGUF (f32, f16 or bf16); `kind` is one of `QUANTISED`, or of `ROUGH`.

    `imatrix`: what `imatrix.gather` wrote for this model. `types`: regex to type ("q4_K"), searched in the names of
    tensors; the first that fits wins over `kind`. Rows that 256 does not divide cannot hold a K-type: llama.cpp then
    takes Q5_0 for Q4_K, Q5_1 for Q5_K, Q8_0 for Q6_K, Q4_0 for Q2_K and Q3_K, IQ4_NL for IQ4_XS, and Q8_0 for the
    embeddings. SmolLM2-135M has rows of 576, so that only `ffn_down` (1,536) keeps its K-type; `tensors` tells.
    Beware of Q5_1 (Q5_K_M there) where the base was 4-bit once: it finds that grid, and rounds a merged LoRA away.
    Raises KeepsakeError; nothing is left under the name of `dst` then.
    """
    import llama_cpp

    from quantize.gguf import imatrix as importance

    if kind not in (*QUANTISED, *ROUGH):
        raise KeepsakeError(f"unknown kind {kind!r}: use one of {', '.join(QUANTISED)}")
    if not src.is_file():
        raise KeepsakeError(f"no such file: {src}")
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{kind}")
    params.nthread = threads
    if imatrix or types:
        weights = {name: tensor for name, tensor in tensors(src).items() if len(tensor.shape) > 1}
        if types:
            params.tt_overrides = _overrides(types, weights)
        if imatrix:
            gathered = importance.read(imatrix)
            values = gathered.values
            _fits(imatrix, values, weights)
            params.imatrix, params.kv_overrides = importance.for_llama(gathered, values)
    said = _listen()
    partial = _partial(dst)
    try:
        if llama_cpp.llama_model_quantize(os.fsencode(src), os.fsencode(partial), ctypes.byref(params)):
            why = said[-1] if said else "llama.cpp gave no reason"
            hint = "; is the disk full?" if "iostream" in why else ""
            raise KeepsakeError(f"cannot quantise {src.name}: {why}{hint}")
        os.replace(partial, dst)
    finally:
        partial.unlink(missing_ok=True)
    return dst


def tensors(path: Path) -> dict[str, Any]:
    """Name to `gguf.ReaderTensor` (shape, tensor_type, n_bytes, data) of every tensor in a GGUF file.

    Raises KeepsakeError when the file is not whole.
    """
    from gguf import GGUFReader

    try:
        return {tensor.name: tensor for tensor in GGUFReader(path).tensors}
    except (OSError, ValueError, IndexError) as error:
        raise KeepsakeError(f"{path.name} is not a whole GGUF file: {error}") from error


def _overrides(types: Mapping[str, str], names: Iterable[str]) -> Any:
    """`types` as llama.cpp takes them: a C array that ends with an empty entry. One that fits no tensor is refused."""
    import llama_cpp
    from gguf import GGMLQuantizationType as Types

    entries = []
    for pattern, kind in types.items():
        if kind.upper() not in Types.__members__:
            raise KeepsakeError(f"unknown type {kind!r} for {pattern}: use one like q4_K, q5_0 or q8_0")
        if not any(re.search(pattern, name) for name in names):
            raise KeepsakeError(f"no tensor is named like {pattern}: these types are for another model")
        entries.append(llama_cpp.llama_model_tensor_override(pattern.encode(), Types[kind.upper()].value))
    return (llama_cpp.llama_model_tensor_override * (len(entries) + 1))(*entries)


def _fits(imatrix: Path, values: Mapping[str, Any], weights: Mapping[str, Any]) -> None:
    """llama.cpp would go on without a word where the matrix says nothing about a layer."""
    for name, weight in weights.items():
        wanted, found = int(weight.shape[0]), values[name].size if name in values else 0
        if found != wanted and (found or name.startswith("blk.")):
            raise KeepsakeError(
                f"{imatrix.name} is of another model: it has {found} numbers for {name}, which has {wanted} columns"
            )


def _listen() -> list[str]:
    """From now on llama.cpp's errors go into the list."""
    import llama_cpp

    said: list[str] = []

    @llama_cpp.llama_log_callback
    def listen(level: int, text: bytes, _: ctypes.c_void_p) -> None:
        if level == 4:  # GGML_LOG_LEVEL_ERROR
            said.append(text.decode(errors="replace").strip())

    _listeners.append(listen)
    llama_cpp.llama_log_set(listen, ctypes.c_void_p(0))
    return said


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
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KeepsakeError(f"cannot write {out}: {error.strerror}") from error
    return out.with_name(f"{out.stem}.partial{out.suffix}")
