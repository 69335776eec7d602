"""Command line of the benchmark room: `fetch` the picture world, `capeval` a model on it, `calibrate` its recall."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmark import capeval, fetch
from benchmark.result import Scribe, run
from benchmark.sample import MODES, samples
from memory.errors import KeepsakeError
from memory.home import home


def main(argv: list[str] | None = None) -> int:
    """Run a command; 0 done, 1 failed with one clear line, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m benchmark", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("fetch", help="download the whole picture set (16 MB; the held-out concepts are already here)")
    run = commands.add_parser("capeval", help="caption held-out scenes, score names and facts")
    run.add_argument("--model", default="nano", help="a model's name or folder")
    run.add_argument("--split", choices=("train", "dev", "test"), default="test")
    run.add_argument("--n", type=int, default=300, help="samples for each number of positives")
    run.add_argument("--seed", type=int, default=7)
    run.add_argument("--positives", type=int, nargs="+", default=[1], choices=range(1, 5), metavar="K")
    run.add_argument("--mode", choices=MODES, default="random", help="kind of distractors")
    run.add_argument("--threads", type=int, default=1)
    run.add_argument("--out", type=Path, help="folder for the rows (default: under KEEPSAKE_HOME)")
    run.add_argument("--json", action="store_true")
    gate = commands.add_parser("calibrate", help="the recall threshold of a model, on the dev split (needs `fetch`)")
    gate.add_argument("--model", default="nano", help="a model's name or folder")
    gate.add_argument("--split", choices=("train", "dev", "test"), default="dev")
    gate.add_argument("--seed", type=int, default=3)
    gate.add_argument("--save", action="store_true", help="enter the threshold into the model's manifest")
    args = parser.parse_args(argv)
    try:
        if args.command == "calibrate":
            _calibrate(args)
        elif args.command == "fetch":
            print(f"pictures are in {fetch.fetch_pictures()}", file=sys.stderr)
        else:
            _capeval(args)
    except KeepsakeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except FileNotFoundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on where it was", file=sys.stderr)
        return 1
    return 0


def _calibrate(args: argparse.Namespace) -> None:
    from assistant.catalogue import find, load
    from assistant.llamacpp import LlamaCpp
    from benchmark.calibrate import calibrate, trials

    backend = LlamaCpp(load(args.model))
    found = calibrate(trials(backend, args.split, args.seed))
    backend.close()
    print(json.dumps(found))
    if args.save:
        path = find(args.model) / "manifest.json"
        manifest = {**json.loads(path.read_text(encoding="utf-8")), "threshold": found["threshold"], "recall": found}
        path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        print(f"saved in {path}", file=sys.stderr)


def _capeval(args: argparse.Namespace) -> None:
    from assistant.catalogue import load
    from assistant.llamacpp import LlamaCpp

    spec = load(args.model)
    backend = LlamaCpp(spec, threads=args.threads)
    folder = args.out or home() / "runs"
    results, controls = {}, {}
    for k in args.positives:
        out = folder / f"capeval-{spec.name}-{spec.identity}-{args.split}-{args.mode}-{k}-{args.seed}.jsonl"
        drawn = samples(args.split, args.n, args.seed, k, args.mode)
        rows = run(capeval.conditions(Scribe(backend)), drawn, args.n, out)
        found = {c: capeval.summary(r for r in rows if r.condition == c) for c in {r.condition: 0 for r in rows}}
        results[k] = found.pop(capeval.CAPTION)
        controls[k] = found
        print(f"rows: {out}", file=sys.stderr)
    backend.close()
    if args.json:
        first = results[args.positives[0]]
        named = {str(k): {**r, "controls": controls[k]} for k, r in results.items()}
        print(json.dumps({**first, "mode": args.mode, "by_positives": named}))
        return
    print(f"{spec.name}, split {args.split}, distractors {args.mode}, seed {args.seed}, judge lexical")
    for k, r in results.items():
        print(
            f"{k} positives, {3 * k} episodes, n={r['n']}: "
            f"names {_span(r, 'name_recall')}, wrong name {_span(r, 'misbinding')}, "
            f"Acc+ {_span(r, 'acc_pos')}, Acc- {_span(r, 'acc_neg')}, "
            f"nobody known {_share(r['abstained'])}, errors {r['errors']}"
        )
        for name, c in controls[k].items():
            print(f"  {name}: Acc+ {_share(c['acc_pos'])}, Acc- {_share(c['acc_neg'])}")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _span(row: dict, measure: str) -> str:
    interval = row[f"{measure}_interval"]
    return _share(row[measure]) + (f" [{', '.join(map(_share, interval))}]" if interval else "")


if __name__ == "__main__":
    sys.exit(main())
