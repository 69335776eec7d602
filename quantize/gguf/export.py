"""Checkpoints to GGUF files, through the converter of the installed llama.cpp and its own quantiser.

Every file is written under a temporary name ("x.partial.gguf", always the same, so that an attempt after a kill writes
over what the kill left) and renamed when it is whole. Whether the files still are the model is measured in `verify/`.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.models import hf_config
from memory.errors import KeepsakeError
from memory.files import whole_file
from quantize.gguf import converter
from quantize.gguf import imatrix as importance

QUANTISED = ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M")
"""Kinds `quantise` makes, largest first: about 8.5, 6.6, 5.7 and 4.8 bits a weight where 256 divides the rows."""
SMALLER = ("IQ4_XS", "Q3_K_M")
"""Kinds of about 4.3 and 3.9 bits a weight, made with an importance matrix only: without one they lose too much."""
ROUGH = ("Q2_K",)
"""Kinds that lose too much to be offered; made by name only, to test that `verify` fails them."""
ERROR_LEVEL = 4
"""GGML_LOG_LEVEL_ERROR."""

_log_callbacks: list[object] = []
"""C keeps only the address of a log callback: Python must keep it alive."""


def export_mmproj(hf_dir: Path, out: Path, dtype: str = "f16") -> Path:
    """Write vision tower and connector of the model in `hf_dir`. `dtype`: f32, f16, bf16 or q8_0."""
    return _convert("convert_hf_to_gguf.py", [str(hf_dir), "--mmproj", "--outtype", dtype], out)


def vision_file(hf_dir: Path) -> str:
    """The name of the file that photos pass through: a vision tower's GGUF, or the connector of a model without one."""
    connector = hf_config.connector(hf_dir)
    return connector.name if connector else "mmproj.gguf"


def export_vision(hf_dir: Path, out: Path, dtype: str = "f16") -> Path:
    """Write what photos pass through, `vision_file`. A connector is copied; `dtype`: see `export_mmproj`."""
    connector = hf_config.connector(hf_dir)
    if connector is None:
        return export_mmproj(hf_dir, out, dtype)
    out.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(out) as partial:
        shutil.copyfile(connector, partial)
    return out


def export_language(hf_dir: Path, out: Path, dtype: str, pre_tokenizer: str | None = None) -> Path:
    """Write the language model in `hf_dir` with its tokenizer. `dtype`: f32, f16 or bf16.

    `pre_tokenizer` names llama.cpp's way to split text ("qwen2"), for a vocabulary that the converter does not know.
    """
    arguments = [str(hf_dir), "--outtype", dtype]
    return _convert("convert_hf_to_gguf.py", arguments, out, pre_tokenizer)


def export_adapter(adapter_dir: Path, base_dir: Path, out: Path, dtype: str = "f16") -> Path:
    """Write a peft LoRA of the language model in `base_dir`, of which only config.json is read."""
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
    """Write a smaller copy of a language model GGUF (f32, f16 or bf16); `kind` is of `QUANTISED`, `SMALLER` or `ROUGH`.

    `imatrix`: what `imatrix.gather` wrote for this model. `types`: regex to type ("q4_K"), searched in the names of
    tensors; the first that fits wins over `kind`. Rows that 256 does not divide cannot hold a K-type: llama.cpp then
    takes Q5_0 for Q4_K, Q5_1 for Q5_K, Q8_0 for Q6_K, Q4_0 for Q2_K and Q3_K, IQ4_NL for IQ4_XS, and Q8_0 for the
    embeddings. SmolLM2-135M has rows of 576, so that only `ffn_down` (1,536) keeps its K-type (`tensors` shows it).
    Beware of Q5_1 (Q5_K_M there) where the base was 4-bit once: it finds that grid, and rounds a merged LoRA away.
    Raises KeepsakeError, and then leaves what was at `dst`.
    """
    import llama_cpp

    if kind not in (*QUANTISED, *SMALLER, *ROUGH):
        raise KeepsakeError(f"unknown kind {kind!r}: use one of {', '.join((*QUANTISED, *SMALLER))}")
    if kind in SMALLER and not imatrix:
        raise KeepsakeError(
            f"{kind} needs an importance matrix: `python -m quantize all` makes one, without --no-imatrix"
        )
    if not src.is_file():
        raise KeepsakeError(f"no such file: {src}")
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{kind}")
    params.nthread = threads
    if imatrix or types:
        weights = {name: tensor for name, tensor in tensors(src).items() if len(tensor.shape) > 1}
        if types:
            params.tt_overrides = _type_overrides(types, weights)
        if imatrix:
            matrix = importance.read(imatrix)
            values = matrix.values
            _refuse_other_matrix(imatrix, values, weights)
            params.imatrix, params.kv_overrides = importance.as_llama_arrays(matrix, values)
    errors = _collect_errors()
    with _whole_gguf(dst) as partial:
        if llama_cpp.llama_model_quantize(os.fsencode(src), os.fsencode(partial), ctypes.byref(params)):
            why = errors[-1] if errors else "llama.cpp gave no reason"
            hint = "; is the disk full?" if "iostream" in why else ""
            raise KeepsakeError(f"cannot quantise {src.name}: {why}{hint}")
    return dst


def tensors(path: Path) -> dict[str, Any]:
    """Every tensor in a GGUF file by name, as a `gguf.ReaderTensor` (shape, tensor_type, n_bytes, data).

    Raises KeepsakeError when the file is not whole.
    """
    from gguf import GGUFReader

    try:
        return {tensor.name: tensor for tensor in GGUFReader(path).tensors}
    except (OSError, ValueError, IndexError) as error:
        raise KeepsakeError(f"{path.name} is not a whole GGUF file: {error}") from error


def _type_overrides(types: Mapping[str, str], names: Iterable[str]) -> Any:
    """`types` as a C array that ends with an empty entry. Raises KeepsakeError for a pattern that fits no tensor."""
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


def _refuse_other_matrix(imatrix: Path, values: Mapping[str, Any], weights: Mapping[str, Any]) -> None:
    """Raise KeepsakeError where a matrix does not fit a layer: llama.cpp would silently quantise without it."""
    for name, weight in weights.items():
        wanted, found = int(weight.shape[0]), values[name].size if name in values else 0
        if found != wanted and (found or name.startswith("blk.")):
            raise KeepsakeError(
                f"{imatrix.name} is of another model: it has {found} numbers for {name}, which has {wanted} columns"
            )


def _collect_errors() -> list[str]:
    """A list that llama.cpp's error messages are added to from now on."""
    import llama_cpp

    errors: list[str] = []

    @llama_cpp.llama_log_callback
    def log(level: int, text: bytes, _: ctypes.c_void_p) -> None:
        if level == ERROR_LEVEL:
            errors.append(text.decode(errors="replace").strip())

    _log_callbacks.append(log)
    llama_cpp.llama_log_set(log, ctypes.c_void_p(0))
    return errors


def _convert(script: str, arguments: list[str], out: Path, pre_tokenizer: str | None = None) -> Path:
    """Have a converter script write the file `out`. Raises KeepsakeError with the script's last line."""
    tools = converter.find()
    with _whole_gguf(out) as partial:
        try:
            converter.run(tools, script, arguments, partial, pre_tokenizer)
        except KeepsakeError as error:
            raise KeepsakeError(f"cannot write {out.name}: {error}") from error
    return out


@contextmanager
def _whole_gguf(out: Path) -> Iterator[Path]:
    """A path to write a GGUF to, renamed to `out` when the block ends and removed when it fails.

    Unlike in `memory.files` the name ends in ".gguf", which the converter insists on, and stays the same, so that
    gigabytes left by a kill do not pile up.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KeepsakeError(f"cannot write {out}: {error.strerror}") from error
    partial = out.with_name(f"{out.stem}.partial{out.suffix}")
    try:
        yield partial
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)
