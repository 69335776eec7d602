"""Models on the list: what is fetched is what the list says, or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.models import local, registry
from assistant.models.download import pull
from memory.errors import ModelError
from tests.support.hubserver import COMMIT, HubServer
from tests.support.tinyhub import LANGUAGE, MB, MMPROJ, repo

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.timeout(60)]


@pytest.fixture
def listed(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Replace the registry's list by one with the model "tiny"."""

    def write(sha256: str, **more: str) -> None:
        entry = {
            "name": "tiny",
            "about": "small",
            "format": "gguf",
            "licence": "MIT",
            "repository": "some/tiny",
            **more,
        }
        lines = ["[[model]]", "kv_bytes = 8", *(f'{key} = "{value}"' for key, value in entry.items())]
        if entry["format"] == "gguf":
            lines.append(f'languages.Q4_K_M = {{ file = "{LANGUAGE}", bytes = 9, sha256 = "{sha256}" }}')
            lines.append(f'mmproj.F16 = {{ file = "{MMPROJ}", bytes = 9 }}')
        (tmp_path / "models.toml").write_text("\n".join(lines))
        registry.listed_models.cache_clear()

    monkeypatch.setattr(registry, "LIST", tmp_path / "models.toml")
    yield write
    registry.listed_models.cache_clear()


def test_a_listed_model_is_the_one_on_the_list_or_none(hub: HubServer, listed: Callable[..., None]) -> None:
    """Whatever the hub says: a pinned file is compared before a byte is fetched."""
    listed("0" * 64, revision=COMMIT)
    with pytest.raises(
        ModelError, match=f"^{LANGUAGE} of some/tiny is not the file Keepsake knows: nothing was fetched"
    ):
        pull("tiny")
    assert hub.requests == []
    listed(hashlib.sha256(repo(hub).files[LANGUAGE]).hexdigest(), revision=COMMIT)
    folder = pull("tiny")
    assert json.loads((folder / "manifest.json").read_text())["licence"] == "MIT"
    listed("0" * 64, revision="e" * 40, repository="some/other")
    with pytest.raises(ModelError, match="did not come from some/other"):
        pull("tiny")
    with pytest.raises(ModelError, match=r"^tiny comes as Q4_K_M, not as 'Q8_0'$"):
        pull("tiny", "Q8_0")


def test_a_checkpoint_goes_where_it_is_converted(hub: HubServer, own_home: Path, listed: Callable[..., None]) -> None:
    repo(hub).files = {"config.json": b"{}", "model.safetensors": b"w" * MB, "photo.png": b"p", "x/y.json": b"{}"}
    listed("", format="safetensors")
    folder = pull("tiny")
    assert folder == own_home / "checkpoints" / "tiny"
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors", "source.json"]
    assert local.names() == {"nano", "nano2"}
    hub.faults.damage.add("config.json")
    (folder / "config.json").write_bytes(b"[]")
    with pytest.raises(ModelError, match=r"^config\.json arrived damaged"):
        pull("tiny")


def test_a_folder_for_mlx_is_one_model(hub: HubServer, listed: Callable[..., None]) -> None:
    """Its manifest is like that of our own exports for MLX."""
    repo(hub).files = {
        "config.json": b"{}",
        "model.safetensors": b"w" * MB,
        "tokenizer.json": b"[]",
        ".gitattributes": b"",
    }
    listed("", format="mlx")
    spec = local.load(str(pull("tiny")))
    assert (spec.name, spec.engine, spec.language) == ("tiny", "mlx", spec.mmproj)
    assert sorted(path.name for path in spec.language.iterdir())[-1] == "tokenizer.json"
    assert registry.weight(spec) == MB and len(spec.space) == 16
    (spec.language / "tokenizer.json").write_bytes(b"{}")
    with pytest.raises(ModelError, match=r"tokenizer\.json is damaged"):
        local.load("tiny")
