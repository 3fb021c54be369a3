"""Learns what the signs of a repeat weigh, from labelled pairs of mails.

A logistic regression over the signs of worker.domain.weighing and the words that only the later
mail has. The weights become whole numbers in a file that people can read
(worker/rules/repeat_weights.yaml). The same pairs and rules give the same file.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import yaml
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from worker.domain import traits
from worker.domain.comparing import compare
from worker.domain.duplicates import UNIT, Verdict, find_repeat, share_of_a_word
from worker.domain.judge import judge
from worker.domain.rules import RuleSet
from worker.domain.telling import Telling
from worker.domain.traits import RepeatRules
from worker.domain.weighing import list_signs
from worker.mail.fields import base_subject
from worker.mail.visible_text import reply_text
from worker.rules.retold import Matter

_STRENGTH = 0.6
"""Inverse of the regularisation; found by holding out one batch of pairs at a time."""
_SEEN = 4
"""Pairs in which a word must stand."""
_OTHERS = 3
"""Other matters of the same language that each matter is held against."""
_STRANGE, _RESEND, _QUOTED = "two matters", "resent", "quoted"
"""Kinds of pairs that are made up from the labelled ones."""
_RESENT = (0.5, 7, 26, 75)
"""Hours after which a mail is resent word for word."""
_ROUNDS = 3000
_WEAK = 2
"""Words that weigh less are left out."""
_WINDOW = timedelta(days=60)
_SIGN, _WORD = "=", "~"
"""Before the names of columns, which are signs and words."""
_START = datetime(2026, 1, 5, 9, tzinfo=UTC)
_HEADER = """\
# What the signs of a repeat weigh, and the words that only the later mail has: points that are
# added to the bias, {unit} of them multiply the odds by e. The signs are told in
# worker/domain/weighing.py. Learned from {pairs} pairs by `postclerk rules learn-repeats`;
# to change it, add pairs to worker/rules/retellings and learn again.
"""


class Pair(NamedTuple):
    """Two mails, and whether the later one tells the same again."""

    batch: str
    kind: str
    is_repeat: bool
    told: Telling
    new: Telling


def study_pairs(
    matters: Iterable[Matter], rules: RuleSet, repeat_rules: RepeatRules
) -> list[Pair]:
    """Read and judge the mails, and pair each with the first of its matter and with others."""

    def telling(subject: str, body: str, *, hours: float = 0) -> Telling:
        own = reply_text(body)
        judged = judge(subject=subject, body=body, own_words=own, rules=rules)
        return Telling(
            subject=base_subject(subject),
            words=own,
            whole="" if own == body else body,
            identifiers=judged.identifiers,
            traits=traits.note(
                subject=subject, own_words=own, judgement=judged, rules=repeat_rules
            ),
            urgency=judged.urgency,
            language=judged.language,
            at=_START + timedelta(hours=hours),
            ticket_id=1,
        )

    found: list[Pair] = []
    firsts: list[tuple[Matter, Telling]] = []
    for matter in matters:
        first = telling(matter.subject, matter.body)
        firsts.append((matter, first))
        resent = replace(first, at=_START + timedelta(hours=_RESENT[len(firsts) % 4]))
        found.append(Pair(matter.batch, _RESEND, True, first, resent))
        for number, one in enumerate(matter.later):
            told = replace(first, is_same_party=not one.is_elsewhere)
            new = telling(one.subject, one.body, hours=one.hours)
            found.append(Pair(matter.batch, one.kind, one.is_repeat, told, new))
            if number % 2 and not one.is_elsewhere and ">" not in one.body:
                quoted = "\n> ".join((one.body, *matter.body.splitlines()))
                new = telling(one.subject, quoted, hours=one.hours)
                found.append(Pair(matter.batch, _QUOTED, one.is_repeat, told, new))
    return found + list(_strangers(firsts))


def _strangers(firsts: Sequence[tuple[Matter, Telling]]) -> Iterator[Pair]:
    """Pairs of two matters that one sender might have written about."""
    chance = random.Random(1)  # noqa: S311 a choice of pairs, no secret
    for matter, told in firsts:
        others = [
            new
            for other, new in firsts
            if (other.batch, other.language) == (matter.batch, matter.language)
            and new is not told
        ]
        for new in chance.sample(others, min(_OTHERS, len(others))):
            later = replace(new, at=_START + timedelta(hours=chance.choice((1, 5, 24, 72))))
            yield Pair(matter.batch, _STRANGE, False, told, later)


def learn(pairs: Sequence[Pair], rules: RepeatRules) -> RepeatRules:
    """Learn bias, points and words from labelled pairs.

    Raises ValueError when there are not both repeats and others among them.
    """
    if len({pair.is_repeat for pair in pairs}) < 2:
        raise ValueError("too few labelled pairs: repeats and others are needed")
    found = [_signs_and_words(pair, rules) for pair in pairs]
    seen = Counter(
        word
        for pair, (_, words) in zip(pairs, found, strict=True)
        if pair.kind not in (_STRANGE, _RESEND, _QUOTED)
        for word in words
    )
    known = {word for word, count in seen.items() if count >= _SEEN}
    columns = DictVectorizer()
    rows = columns.fit_transform([_row(signs, words & known) for signs, words in found])
    learner = LogisticRegression(C=_STRENGTH, max_iter=_ROUNDS)
    learner.fit(rows, [pair.is_repeat for pair in pairs])
    points = {
        name: round(UNIT * float(weight))
        for name, weight in zip(columns.get_feature_names_out(), learner.coef_[0], strict=True)
    }
    return replace(
        rules,
        bias=round(UNIT * float(learner.intercept_[0])),
        points={name[1:]: p for name, p in points.items() if name[0] == _SIGN},
        words={name[1:]: p for name, p in points.items() if name[0] == _WORD},
    )


def _signs_and_words(pair: Pair, rules: RepeatRules) -> tuple[dict[str, float], frozenset[str]]:
    likes = compare(pair.new, pair.told, rules.common_words)
    signs = list_signs(pair.new, pair.told, likes, is_only=True)
    return {sign.name: float(sign.value) for sign in signs}, likes.fresh


def _row(signs: dict[str, float], words: frozenset[str]) -> dict[str, float]:
    share = share_of_a_word(len(words))
    row = {_SIGN + name: value for name, value in signs.items()}
    return row | {_WORD + word: share for word in words}


def test(pairs: Sequence[Pair], rules: RepeatRules) -> dict[str, object]:
    """Say how many repeats are found, and how many of the found are repeats."""
    tried = [pair for pair in pairs if pair.kind not in (_STRANGE, _RESEND, _QUOTED)]
    right = wrong = 0
    for pair in tried:
        found = find_repeat(pair.new, [pair.told], window=_WINDOW, rules=rules)
        if found is not None and found.verdict is not Verdict.POSSIBLE:
            right += pair.is_repeat
            wrong += not pair.is_repeat
    repeats = sum(pair.is_repeat for pair in tried)
    return {
        "pairs": len(tried),
        "repeats": repeats,
        "precision": round(right / max(right + wrong, 1), 3),
        "recall": round(right / max(repeats, 1), 3),
    }


def hold_out(pairs: Sequence[Pair], rules: RepeatRules) -> list[dict[str, object]]:
    """Test each batch on what the others taught; nothing where there is one batch only."""
    batches = sorted({pair.batch for pair in pairs})
    if len(batches) < 2:
        return []
    return [
        {
            "batch": batch,
            **test(
                [pair for pair in pairs if pair.batch == batch],
                learn([pair for pair in pairs if pair.batch != batch], rules),
            ),
        }
        for batch in batches
    ]


def dump(rules: RepeatRules, *, pairs: int) -> str:
    """Give the file of weights."""
    told = {"bias": rules.bias, "signs": _heaviest_first(rules.points)}
    words = {
        "words": _heaviest_first({w: p for w, p in rules.words.items() if abs(p) >= _WEAK})
    }
    return (
        _HEADER.format(unit=UNIT, pairs=pairs)
        + yaml.safe_dump(told, sort_keys=False, allow_unicode=True)
        + yaml.safe_dump(
            words, sort_keys=False, allow_unicode=True, default_flow_style=None, width=96
        )
    )


def _heaviest_first(points: Mapping[str, int]) -> dict[str, int]:
    ranked = sorted(points.items(), key=lambda pair: (-abs(pair[1]), pair[0]))
    return {name: weight for name, weight in ranked if weight}
