"""Judges a mail: language, category, urgency, identifiers, what is missing, each with reasons.

Pure and cheap; every finding comes from the rules that it is given.
"""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

from worker.domain import category, urgency
from worker.domain.clues import clues
from worker.domain.identifiers import find
from worker.domain.instants import instant_text
from worker.domain.judgement import Identifiers, Judgement
from worker.domain.language import UNDETERMINED, detect
from worker.domain.marks import find_marks
from worker.domain.missing import list_missing
from worker.domain.model import Clues, Opinion
from worker.domain.money import dollars
from worker.domain.reading import Reading, read
from worker.domain.rules import Money, RuleSet
from worker.domain.secrets import CORE, NOTE, seal
from worker.domain.settle import Settled, settle

_SEALED_NOTE = "[removed: "
_SEAM = 200
"""Characters of subject and body in which a secret may be told across both."""
_MOST_READ = 20_000
"""Characters of a mail that are judged; who writes more has told the case by then."""


def judge(
    *,
    subject: str,
    body: str,
    own_words: str,
    rules: RuleSet,
    language_hint: str | None = None,
    has_screenshot: bool = False,
    is_sealed: bool = False,
    brings_secret: bool = False,
    sent_at: datetime | None = None,
    zone: tzinfo | None = None,
) -> Judgement:
    """Judge a mail by what its writer says.

    own_words: what this person wrote now; "" means the same as `body`.
    language_hint: taken when the text itself does not tell its language.
    is_sealed: all three went through domain.secrets.seal: notes stand for their secrets, and
    only one that begins in the subject and ends in the body is still looked for.
    brings_secret: one that opens an account or a wallet stands in what is attached.
    sent_at, zone: when it was written, aware, and where; so times in it become instants.
    """
    seen = _look(
        subject=subject,
        body=body,
        own_words=own_words,
        rules=rules,
        language_hint=language_hint,
        is_sealed=is_sealed,
        brings_secret=brings_secret,
        sent_at=sent_at,
        zone=zone,
    )
    settled = _settled(seen, rules)
    turn = _after_turn(seen.reading, rules)
    if turn:
        later = _settled(_look(subject="", body=turn, own_words="", rules=rules), rules)
        # The rules must see it too: half a mail says less than the whole.
        if settled.urgency.rank < later.urgency.rank <= seen.verdict.urgency.rank:
            settled = later
    level = settled.urgency
    is_read = seen.language == UNDETERMINED or seen.language.split("-")[0] in rules.vocabularies
    if not is_read:
        level = max(level, rules.unread_urgency, key=lambda u: u.rank)
    missing = list_missing(
        settled.category,
        seen.named,
        told=seen.reading.all_told,
        has_screenshot=has_screenshot,
        rules=rules,
    )
    return Judgement(
        language=seen.language,
        category=settled.category,
        urgency=level,
        score=max((h.points for h in settled.hits), default=0),
        hits=settled.hits,
        identifiers=seen.named,
        missing=missing,
        told=tuple(sorted(seen.reading.all_told)),
        marks=find_marks(seen.reading, settled.hits, rules),
        at_stake=_at_stake(seen.named, rules.money),
    )


def study(*, subject: str, body: str, rules: RuleSet) -> Clues:
    """Give what the model is to learn from in a mail; no secret is left in it."""
    subject, body = (seal(text, rules=rules).text for text in (subject, body))
    return _look(subject=subject, body=body, own_words="", rules=rules, is_sealed=True).clues


def opine(*, subject: str, body: str, rules: RuleSet) -> Opinion | None:
    """What the model thinks of a mail by its words alone; None when the rules have no model."""
    if rules.model is None:
        return None
    found = study(subject=subject, body=body, rules=rules)
    return rules.model.weigh(found._replace(concepts=frozenset()))


def _settled(seen: "_Seen", rules: RuleSet) -> Settled:
    opinion = rules.model.weigh(seen.clues) if rules.model else None
    return settle(
        seen.verdict,
        category=seen.category,
        opinion=opinion,
        length=len(seen.reading.text),
        rules=rules,
    )


def _after_turn(reading: Reading, rules: RuleSet) -> str:
    """What follows "but" in a mail that tells of one matter ended and another begun."""
    if rules.modality.ended.isdisjoint(reading.all_told):
        return ""
    turns = [m.first for m in reading.told if m.concept in rules.modality.turn]
    if not turns:
        return ""
    tokens = reading.tokens
    return reading.text[tokens.span(min(turns), len(tokens.words) - 1)]


class _Seen(NamedTuple):
    """What the rules see in a mail."""

    language: str
    reading: Reading
    named: Identifiers
    verdict: urgency.Verdict
    category: str
    clues: Clues


def _look(
    *,
    subject: str,
    body: str,
    own_words: str,
    rules: RuleSet,
    language_hint: str | None = None,
    is_sealed: bool = False,
    brings_secret: bool = False,
    sent_at: datetime | None = None,
    zone: tzinfo | None = None,
) -> _Seen:
    words = (own_words or body)[:_MOST_READ]
    subject, body = subject[:_MOST_READ], body[:_MOST_READ]
    seam = f"{subject[-_SEAM:]}\n{words[:_SEAM]}" if subject and is_sealed else ""
    unsealed = seam if is_sealed else f"{subject}\n{words}"
    noted = brings_secret or _holds_note(subject) or _holds_note(words)
    has_secret = noted or _holds_secret(unsealed, rules)
    # A note that stands for a secret is ours: "password is [removed ..." tells of no change.
    subject, body, words = (NOTE.sub("…", text) for text in (subject, body, words))
    language, confidence = detect(words if len(words) > 40 else f"{words}\n{subject}")
    if language == UNDETERMINED and language_hint:
        language = language_hint
    reading = read(subject, words, language=language, confidence=confidence, rules=rules)
    text = f"{subject}\n{body}"
    named = find(text, rules=rules, language=language, sent_at=sent_at, zone=zone)
    known = [
        *_sums_as_concepts(named, rules.money),
        *(concept for mark, concept in rules.modality.marks.items() if mark in words),
    ]
    verdict = urgency.decide(reading, known=known, has_secret=has_secret, rules=rules)
    about = category.decide(reading, facts=verdict.facts, urgency=verdict.urgency, rules=rules)
    found = clues(
        reading,
        verdict=verdict,
        category=about,
        named=named,
        known=known,
        has_secret=has_secret,
    )
    return _Seen(language, reading, named, verdict, about, found)


def _holds_note(text: str) -> bool:
    return any(f"{_SEALED_NOTE}{kind}" in text for kind in CORE)


def _holds_secret(text: str, rules: RuleSet) -> bool:
    return bool(text) and not CORE.isdisjoint(seal(text, rules=rules).kinds)


def _sums_as_concepts(named: Identifiers, money: Money) -> list[str]:
    """Concepts that the largest sum of the mail stands for."""
    top = _at_stake(named, money)
    if top is None:
        return []
    return [c for c, least in money.thresholds.items() if top >= least] + [
        c for c, below in money.small.items() if top < below
    ]


def _at_stake(named: Identifiers, money: Money) -> float | None:
    worth = [w for a in named.amount if (w := dollars(a, money)) is not None]
    return max(worth, default=None)


def as_json(
    judgement: Judgement, *, redacted: str, secrets: Sequence[str], name: dict[str, str]
) -> dict[str, object]:
    """The line of `postclerk classify`.

    redacted: sealed subject, newline, sealed body. secrets: kinds found in either.
    name: {"id": ...} or {"file": ...}, put first; {} where the caller names it.
    """
    named = judgement.identifiers
    return {
        **name,
        "language": judgement.language,
        "category": judgement.category,
        "urgency": judgement.urgency.value,
        "score": judgement.score,
        "hits": [{"rule": h.rule, "text": h.text, "points": h.points} for h in judgement.hits],
        "identifiers": {
            "uid": list(named.uid),
            "txid": list(named.txid),
            "order_id": list(named.order_id),
            "ticket_id": list(named.ticket_id),
            "address": list(named.address),
            "amount": [{"value": a.value, "coin": a.coin} for a in named.amount],
            "coin": list(named.coin),
            "time": list(named.time),
            "instants": [{"words": i.words, "at": instant_text(i.at)} for i in named.instants],
            "mistyped_address": list(named.mistyped_address),
        },
        "secrets": list(secrets),
        "redacted": redacted,
        "missing": list(judgement.missing),
        "marks": [{"mark": m.name, "text": m.text} for m in judgement.marks],
    }
