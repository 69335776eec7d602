"""Every sentence of the privacy page has a test that proves it, named in a table; and those that lie nowhere else.

A sentence that is added or changed fails here until its row in tests/data/privacy_claims.tsv names its proof.
"""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from assistant.backends.cache import disk_cache
from assistant.mcp_server.memory_tools import MemoryTools
from assistant.photo import MAX_SIDE, from_image, load_photo
from demo.album import HERE as ALBUM
from memory import conversations
from memory.__main__ import main
from memory.db.stored_conversation import Line, Part
from memory.episode import Episode, Turn
from memory.paths import home, open_log
from memory.store import Memory
from tests.support import privacy_claims
from tests.support.episodes import DAY, episode
from tests.support.pictures import noise

ROOT = privacy_claims.ROOT
ROOMS = ("memory", "assistant", "ui", "demo", "benchmark", "train", "quantize")
CODE = [file for room in ROOMS for file in (ROOT / room).rglob("*.py")] + [ROOT / "tui.py"]


def test_every_sentence_has_its_proof() -> None:
    """Of the sentences only headings, commands and advice may have none, and say so."""
    table, page = privacy_claims.proofs(), privacy_claims.sentences()
    assert len(page) > 100 and [one for one in page if one not in table] == [], "give these a row"
    assert [one for one in table if one not in page] == [], "these stand there no more"
    reasons = ("-heading", "-introduction", "-advice", "-a command", "-about")
    unproved = {one: why for one, (why, *_) in table.items() if why.startswith("-")}
    assert all(why.startswith(reasons) for why in unproved.values()) and len(unproved) < len(page) / 4


def test_every_proof_is_a_test_that_is_there() -> None:
    named = {name for names in privacy_claims.proofs().values() for name in names if not name.startswith("-")}
    gone = []
    for one in sorted(named):
        file, _, test = one.partition("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8")) if (ROOT / file).is_file() else ast.Module([], [])
        if test not in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}:
            gone.append(one)
    assert len(named) > 70 and gone == []


def test_everything_is_in_one_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    said = privacy_claims.sentences()[1]
    monkeypatch.delenv("KEEPSAKE_HOME")
    usual = home()
    assert f"`{Path('~') / usual.relative_to(Path.home())}`" in said
    monkeypatch.setenv("KEEPSAKE_HOME", "/elsewhere")
    assert home() == Path("/elsewhere")


def test_every_folder_that_the_code_names_has_its_row() -> None:
    """What only the benchmark or training write was not in the table."""
    rows = " ".join(
        line for line in privacy_claims.PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")
    )
    text = "\n".join(file.read_text(encoding="utf-8") for file in CODE)
    named = set(re.findall(r"(?<!Path\.)home\(\) / \(?\"([\w.-]+)\"", text))
    named |= {"encoders", "checkpoints", "models"}  # shelves of `models pull`
    assert len(named) > 15
    assert sorted(name for name in named if f"`{name}" not in rows) == []


NETWORK = frozenset(
    "httpx httpx2 requests urllib.request http.client huggingface_hub socket ssl aiohttp openai datasets ftplib".split()
)
USERS = {
    "assistant/models/hub_client.py": "models pull",
    "assistant/models/bounded_http.py": "models pull",
    "assistant/offline.py": "counts uses, opens nothing",
    "benchmark/judges/chat_client.py": "--url",
    "benchmark/datasets/covip_hub.py": "official --download",
    "benchmark/speed/llama_server_peer.py": "a server on 127.0.0.1 that it starts itself",
    "benchmark/world/fetch.py": "benchmark fetch, train encoder",
    "train/lab_needs.py": "--url",
    "train/trl/dataset.py": "datasets in the working memory",
    "train/trl/run.py": "a base by its name on the hub",
    "quantize/model_card.py": "writes a card",
    "quantize/upload.py": "quantize upload",
    "quantize/gguf/converter.py": "quantize gguf, through pip",
}


def test_only_these_modules_can_use_the_network() -> None:
    """A new one has to be entered here, and its command on the page."""
    found = set()
    for file in CODE:
        text = file.read_text(encoding="utf-8")
        names = [
            name
            for node in ast.walk(ast.parse(text))
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        ]
        fetches = re.search(r"\"pip\", \"download\"|\bnpm, \"pack\"", text)
        if fetches or any(name in NETWORK or name.split(".")[0] in NETWORK for name in names):
            found.add(file.relative_to(ROOT).as_posix())
    assert found == set(USERS)
    page = privacy_claims.PAGE.read_text(encoding="utf-8")
    for command in (
        "models pull",
        "quantize upload",
        "--download",
        "benchmark fetch",
        "train encoder",
        "--url",
    ):
        assert command in page


WATCHED = """
import sys
from assistant.__main__ import main
album = sys.argv[1]
assert main(["remember", album + "/bear.jpg", "This is Milo."]) == 0
assert main(["recall", album + "/bear.jpg"]) == 0
assert main(["search", "Milo"]) == 0
assert main(["forget", album + "/bear.jpg", "--yes"]) == 0
"""


def test_nothing_is_written_elsewhere(tmp_path: Path) -> None:
    """Neither in the user's folder, nor where the command runs, nor among the system's temporary files."""
    places = {name: tmp_path / name for name in ("home", "user", "here", "temporary")}
    for place in places.values():
        place.mkdir()
    env = {**os.environ, "KEEPSAKE_HOME": str(places["home"]), "HOME": str(places["user"]), "PYTHONPATH": str(ROOT)}
    env |= {"TMPDIR": str(places["temporary"]), "PYTHONDONTWRITEBYTECODE": "1"}
    env = {name: value for name, value in env.items() if not name.startswith("XDG_")}
    command = [sys.executable, "-c", WATCHED, str(ALBUM)]
    subprocess.run(command, cwd=places["here"], env=env, check=True, capture_output=True)
    written = {name: sorted(str(p.relative_to(place)) for p in place.rglob("*")) for name, place in places.items()}
    assert "memory.db" in written.pop("home") and written == {"user": [], "here": [], "temporary": []}


def test_the_log_is_gone_when_the_memory_is_closed(own_home: Path) -> None:
    with Memory(own_home / "memory.db") as memory:
        memory.add(episode())
        assert (own_home / "memory.db-wal").exists()
    assert not list(own_home.glob("memory.db-*"))


def test_the_caches_have_the_limits_of_the_page() -> None:
    rows = {one.split("`")[1]: one for one in privacy_claims.sentences() if one.startswith("| `cache/")}
    assert f"{disk_cache.VISION_BYTES >> 20} MB" in rows["cache/vision/"]
    assert f"{disk_cache.CONVERSATION_BYTES >> 30} GB" in rows["cache/talk/"]


def test_the_model_s_log_begins_anew(own_home: Path) -> None:
    for text in (b"a long message of the last start", b"new"):
        with open_log("model.log") as log:
            log.write(text)
    assert (own_home / "logs" / "model.log").read_bytes() == b"new"


def talk(memory: Memory) -> None:
    """A kept conversation with a word that no memory has."""
    part = Part(0, DAY, None, (Line("question", "Where is the zanzibarine?"), Line("answer", "zanzibarine!")))
    conversations.keep(memory, "aa" * 8, part, new=True)


def test_an_archive_holds_no_conversation(own_home: Path, tmp_path: Path) -> None:
    with Memory(own_home / "memory.db") as memory:
        memory.add(episode())
        talk(memory)
    assert main(["export", str(tmp_path / "out.zip")]) == 0
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert not any(b"zanzibarine" in archive.read(name) for name in archive.namelist())


def test_other_programs_get_day_place_and_words_alone(own_home: Path) -> None:
    with Memory(own_home / "memory.db") as memory:
        memory.add(Episode(from_image(noise(60, 40, 1)), (Turn("user", "This is Milo."),), DAY, "Bergen"))
        talk(memory)
        tools = MemoryTools(memory)
        [row] = tools.search("Milo")["memories"]
        assert set(row) == {"id", "day", "words", "place", "why"}
        assert "zanzibarine" not in str(tools.search("zanzibarine")["memories"]) + str(tools.named())


def test_a_stored_photo_is_at_most_1536_on_a_side(tmp_path: Path) -> None:
    Image.new("RGB", (4000, 1000), "teal").save(tmp_path / "wide.jpg")
    photo = load_photo(tmp_path / "wide.jpg")
    assert (photo.width, photo.height) == (1536, 384) and MAX_SIDE == 1536
    assert Image.open(io.BytesIO(photo.data)).size == (1536, 384)


def test_the_command_that_shows_a_photo_without_position(own_home: Path, tmp_path: Path) -> None:
    """The four lines of the page, on a photo with a position."""
    with Image.open(ALBUM / "bear.jpg") as picture:
        fields = picture.getexif()
        fields.get_ifd(0x8825)[1] = "N"
        picture.save(tmp_path / "photo.jpg", exif=fields)
    block = privacy_claims.PAGE.read_text(encoding="utf-8").split("python -m assistant remember photo.jpg")[1]
    with Image.open(tmp_path / "photo.jpg") as picture:
        assert picture.getexif().get_ifd(0x8825)
    script = f"set -e\npython -m assistant remember photo.jpg{block.split('```')[0]}".replace(
        "python ", f"{sys.executable} "
    )
    script = script.replace("unzip -o test.zip -d test", f"{sys.executable} -m zipfile -e test.zip test")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, env=env, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "{}"


def test_an_exported_photo_is_called_by_its_hash(own_home: Path, tmp_path: Path) -> None:
    one = episode()
    with Memory(own_home / "memory.db") as memory:
        memory.add(one)
    assert main(["export", str(tmp_path / "out.zip")]) == 0
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert [n for n in archive.namelist() if n.startswith(f"photos/{one.photo.sha256}.")]


def test_what_you_exported_and_your_own_files_stay(own_home: Path, tmp_path: Path) -> None:
    from assistant.__main__ import main as assistant

    noise(60, 40, 7).save(tmp_path / "mine.png")
    before = (tmp_path / "mine.png").read_bytes()
    with Memory(own_home / "memory.db") as memory:
        memory.add(Episode(load_photo(tmp_path / "mine.png"), (Turn("user", "This is Milo."),), DAY))
    assert main(["export", str(tmp_path / "out.zip")]) == 0
    exported = (tmp_path / "out.zip").read_bytes()
    assert assistant(["forget", str(tmp_path / "mine.png"), "--yes"]) == 0
    assert (tmp_path / "mine.png").read_bytes() == before and (tmp_path / "out.zip").read_bytes() == exported


def test_a_plain_memory_has_no_key_and_no_cipher(own_home: Path) -> None:
    with Memory(own_home / "memory.db") as memory:
        memory.add(episode("This is Milo"))
    data = (own_home / "memory.db").read_bytes()
    assert data.startswith(b"SQLite format 3") and b"This is Milo" in data
    assert not (own_home / "memory.db.key").exists()
