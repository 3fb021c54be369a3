from pathlib import Path

import pytest
import yaml

from worker.adapters import learning_repeats
from worker.rules import load, repeats
from worker.rules.retold import SHIPPED, read_matters

KNOWN = repeats.load()


def test_shipped_pairs_teach_signs_that_people_can_read() -> None:
    matters = list(read_matters(SHIPPED / "brief.jsonl"))
    pairs = learning_repeats.study_pairs(matters, load(), KNOWN)
    learned = learning_repeats.learn(pairs, KNOWN)
    told = yaml.safe_load(learning_repeats.dump(learned, pairs=len(pairs)))
    assert told["bias"] == learned.bias
    assert told["signs"]["nudge"] > 0 > told["signs"]["new_state"]


def test_same_pairs_teach_the_same() -> None:
    matters = list(read_matters(SHIPPED / "chatty.jsonl"))
    pairs = learning_repeats.study_pairs(matters, load(), KNOWN)
    assert learning_repeats.learn(pairs, KNOWN) == learning_repeats.learn(pairs, KNOWN)


def test_repeats_alone_teach_nothing() -> None:
    matters = list(read_matters(SHIPPED / "chatty.jsonl"))
    pairs = learning_repeats.study_pairs(matters, load(), KNOWN)
    with pytest.raises(ValueError, match="too few"):
        learning_repeats.learn([pair for pair in pairs if pair.is_repeat], KNOWN)


def test_value_is_the_same_in_all_mails_of_a_matter(tmp_path: Path) -> None:
    row = (
        '{"language": "en", "subject": "s", "body": "{UID}", "later": [{"repeat": true,'
        ' "hours": 1, "subject": "s", "body": "{UID} {UID2}"}]}'
    )
    (tmp_path / "some.jsonl").write_text(row, encoding="utf-8")
    matter = next(read_matters(tmp_path))
    same, other = matter.later[0].body.split()
    assert matter.body == same != other


def test_bad_row_is_named(tmp_path: Path) -> None:
    (tmp_path / "some.jsonl").write_text('{"language": "en"}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"some.jsonl:1"):
        list(read_matters(tmp_path))
