"""Trains the shipped model from the shipped mails: `make model`.

    python -m bench.model FILE [--hold-out SHARE]

With --hold-out, mails are kept back (by what they say, so always the same ones) and the model
is measured on them in place of being written: rules, model and both together.
"""

import argparse
import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path

from worker.actions import judging
from worker.adapters import learning
from worker.rules import load
from worker.rules.labelled import SHIPPED, Labelled, read_labelled
from worker.rules.model_file import about, load_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--hold-out", type=float, default=0.0, metavar="SHARE")
    wanted = parser.parse_args()
    rules = replace(load(), model=None)
    mails = list(read_labelled(SHIPPED))
    kept_back = [mail for mail in mails if _place(mail) < wanted.hold_out]
    taken = [mail for mail in mails if _place(mail) >= wanted.hold_out]
    print(f"{len(taken)} mails to learn from, {len(kept_back)} kept back ...", flush=True)
    model = learning.learn(learning.study_all(taken, rules))
    if not kept_back:
        wanted.file.write_bytes(model)
        print(f"{wanted.file}: {len(model) / 1000:.0f} kB, {dict(about(wanted.file))}")
        return
    with tempfile.NamedTemporaryFile(suffix=".json.gz") as file:
        file.write(model)
        file.flush()
        trained = replace(rules, model=load_model(Path(file.name)))
    for layer, score in judging.test_rules(trained, kept_back)[0].items():
        print(layer, dict(score.figures()))


def _place(mail: Labelled) -> float:
    """A number from 0 to 1 that belongs to the text."""
    digest = hashlib.sha256(f"{mail.subject}\n{mail.body}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32


if __name__ == "__main__":
    main()
