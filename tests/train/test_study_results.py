"""The page of a study: what was measured stands there, what was not has an empty field that says so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from memory.errors import KeepsakeError
from tests.support import reportrows
from train.study import results, rollout_pages, seeds
from train.study.study import PLAN, STOPPED

PROMPT = "<|im_start|>user\n[photo 7: cupcake]\nDescribe <b>it</b>.<|im_end|>"


def rollouts(step: int, kind: str = "caption", last: str = "This is Rex.") -> str:
    """As `rl/metrics.py` writes them."""
    head = f"{'=' * 100}\nstep {step}: {kind}, known in the photo: Rex\n{'=' * 100}\n{PROMPT}\n{'-' * 100}\n"
    tries = "[reward -1.000 (empty), advantage -1.00, 1 tokens]\n\n"
    return f"{head}{tries}[reward 0.750 (sigma+ 0.750, sigma- 0.000), advantage +1.00, 5 tokens]\n{last}\n"


def measured(folder: Path, right: int, stranger: bool = True) -> None:
    """Ten photos of one known thing of which the captions of `right` are right, and plain descriptions."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = [reportrows.row("caption", i, {"acc_pos": (3 * (i < right), 3), "acc_neg": (6, 6)}) for i in range(10)]
    kept += [reportrows.row("detail", 50 + i, {"hallucinated": (1, 4), "missed": (0, 1)}) for i in range(2)]
    if stranger:
        kept += [reportrows.row("caption", 30, {"abstained": (1, 1), "acc_neg": (9, 9)}, mode="stranger", positives=0)]
    reportrows.write(folder / "test", kept)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four runs: one done and measured, one done, one stopped, one not begun; and the start."""
    names = {"ours": {}, "sft": {"learn": "gold"}, "bad": {"seed": 3}, "later": {"recognition_share": 0.0}}
    runs = [{"name": n, "about": f"about {n}", "changes": c, "steps": 4} for n, c in names.items()]
    (tmp_path / PLAN).write_text(json.dumps({"recipe": "nano", "runs": runs}))
    measured(tmp_path / "start", 2)
    measured(tmp_path / "ours", 7)
    for name in ("start", "ours", "sft"):
        (tmp_path / name / "checkpoint").mkdir(parents=True)
        (tmp_path / name / "checkpoint" / "config.json").write_text("{}")
    steps = [{"step": i, "reward": i / 9, "tokens": 9, "entropy": 0.4, "clipped": 0.5} for i in range(1, 5)]
    dev = [{"step": i, "1": {"acc_pos": 0.2, "acc_neg": 0.9}, "3": {}, "strangers": {"abstained": 0.5}} for i in (0, 4)]
    for name in ("ours", "bad"):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "gspo.jsonl").write_text("".join(json.dumps(s) + "\n" for s in steps) + '{"step": 5, "rew')
        (tmp_path / name / "dev.jsonl").write_text("".join(json.dumps(d) + "\n" for d in dev))
    (tmp_path / "bad" / STOPPED).write_text("stopped at step 4: loss not a finite number\n")
    text = "\n".join([rollouts(1), rollouts(3, "recognition", "\\boxed{[1]}"), rollouts(4, last="<i>Rex</i>")])
    (tmp_path / "ours" / "rollouts.txt").write_text(text + "\n" + "=" * 100 + "\nstep 5: capt")
    return tmp_path


def test_what_was_not_run_is_an_empty_field_with_its_reason(folder: Path) -> None:
    _, runs = results.gather(folder)
    found = results.table(runs)
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in found.rows}
    assert list(rows) == ["start", "ours", "sft", "bad", "later"]
    assert found.head[1] == "Acc+, one known thing" and (rows["start"][0], rows["ours"][0]) == ("20.0%", "70.0%")
    assert rows["ours"][6] == "100.0%" and rows["ours"][8] == "25.0%"
    assert rows["ours"][4] == "not measured", "nothing was asked about three things"
    assert set(rows["sft"]) == {"not measured"}
    assert set(rows["bad"]) == {"stopped"} and set(rows["later"]) == {"not run"}


def test_a_part_that_was_interrupted_does_not_count(folder: Path) -> None:
    """Previously its first samples stood beside whole parts as if they were all."""
    parts = {"captions": {"state": "done"}, "detail": {"state": "waiting"}}
    test = folder / "ours" / "test"
    (rows,) = test.glob("*.jsonl")
    lines = rows.read_text().splitlines(keepends=True)
    (test / "captions.jsonl").write_text("".join(line for line in lines if '"detail"' not in line))
    (test / "detail.jsonl").write_text("".join(line for line in lines if '"detail"' in line))
    rows.unlink()
    (test / "parts.json").write_text(json.dumps({"parts": parts}))

    def ours() -> list[str]:
        return [cell.text for cell in results.table(results.gather(folder)[1]).rows[1]]

    assert (ours()[1], ours()[9]) == ("70.0%", "not measured")
    parts["detail"]["state"] = "done"
    (test / "parts.json").write_text(json.dumps({"parts": parts}))
    assert (ours()[1], ours()[9]) == ("70.0%", "25.0%")


def test_seeds_of_a_method_stand_together(folder: Path, tmp_path: Path) -> None:
    """Over what was measured so far, and it says how many that are; a method of one seed has no such row."""
    plan = json.loads((folder / PLAN).read_text())
    for name, changes in (("ours-1", {"seed": 1}), ("sft-1", {"learn": "gold", "seed": 1}), ("ours-2", {"seed": 2})):
        plan["runs"].append({"name": name, "about": "", "changes": changes, "steps": 4})
    (folder / PLAN).write_text(json.dumps(plan))
    measured(folder / "ours-1", 4)
    _, runs = results.gather(folder)
    assert {r.name: r.method for r in runs}["bad"] == "ours", "it differs by its seed alone"
    found = seeds.table(runs, results.COLUMNS)
    assert found
    rows = {row[0].text: row for row in found.rows}
    assert list(rows) == ["ours", "sft"] and (rows["ours"][0].small, rows["sft"][0].small) == (
        "2 of 4 seeds",
        "0 of 2 seeds",
    )
    assert (rows["ours"][1].text, rows["ours"][1].small) == ("55.0%", "40.0 to 70.0%")
    assert rows["sft"][1].text == "not measured"
    assert "Methods, over their seeds" in results.write(folder, tmp_path / "page").read_text()


def test_gains_are_on_the_same_samples_and_judged_by_the_targets(folder: Path) -> None:
    _, runs = results.gather(folder)
    [(name, said)] = results.verdicts(runs)
    assert name == "ours" and said[0][0].startswith("Acc+, one known thing: +50.0 points (") and said[0][1] == "good"
    assert said[1] == ("Acc-, one: +0.0 points (+0.0 to +0.0)", "good")
    measured(folder / "sft", 3)
    worse = dict(results.verdicts(results.gather(folder)[1]))["sft"]
    assert worse[0][0].startswith("Acc+, one known thing: +10.0 points") and worse[0][1] == "bad"


def test_the_page_shows_all_and_trusts_no_text(folder: Path, tmp_path: Path) -> None:
    page = results.write(folder, tmp_path / "page").read_text()
    for name in ("batches", "held-out"):
        with Image.open(tmp_path / "page" / f"{name}.png") as image:
            assert image.width > 1000 and image.height > 400
    assert page.count("data:image/png;base64,") == 4
    assert "&lt;i&gt;Rex&lt;/i&gt;" in page and "<i>Rex" not in page and "Describe &lt;b&gt;it" in page
    assert "learn = &#34;gold&#34;" in page and "stopped at step 4: loss not a finite number" in page
    assert not re.search(r"""(src|href)=["'](?!data:)""", page) and "<script" not in page
    assert results.write(folder, tmp_path / "again").read_text() == page


def test_a_run_alone_has_a_page_too(folder: Path, tmp_path: Path) -> None:
    note = {"recipe": {"name": "nano", "gspo": {"steps": 9}}}
    (folder / "ours" / "run.json").write_text(json.dumps(note))
    name, [run] = results.gather(folder / "ours")
    assert (name, run.name, len(run.steps)) == ("nano", "nano", 4)
    page = results.write(folder / "ours", tmp_path / "page").read_text()
    assert "One run" in page and "The test split" not in page and page.count("data:image/png;base64,") == 4
    with pytest.raises(KeepsakeError, match=r"neither a study \(study.json\) nor a run"):
        results.write(folder / "later", tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_rollouts_are_read_back_best_first(folder: Path) -> None:
    """A page that a kill cut off is left out; of captions the first and the last are shown."""
    _, runs = results.gather(folder)
    found = list(rollout_pages.parse("ours", runs[1].rollouts))
    assert [p.title.partition(":")[0] for p in found] == ["step 1", "step 3", "step 4"]
    assert found[0].prompt == PROMPT and [t.reward for t in found[0].completions] == [0.75, -1.0]
    assert found[0].completions[1].text == "" and found[0].completions[0].why.endswith("advantage +1.00, 5 tokens")
    assert [p.title.partition(",")[0] for p in rollout_pages.pick(runs)] == [
        "step 1: caption", "step 4: caption", "step 3: recognition"
    ]  # fmt: skip
