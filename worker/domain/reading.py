"""Reads a text as mentions of concepts; sets apart what is denied, supposed or of others."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from worker.domain.phrases import Mention, Tokens, fold, join_contractions, tokenise
from worker.domain.rules import Modality, RuleSet

DENIED = "denied"
"""Concept of a negated mention: "not hacked" mentions this in place of what it denies."""
_CERTAIN = 0.8
_SHORT = 400
_NEAREST = 6
"""Phrases before a mention that are looked at; more would stand on top of each other."""


class Reading(NamedTuple):
    """What a text tells. `told` is real; `topics` also what is only supposed or overheard."""

    tokens: Tokens
    text: str
    """The text that the token offsets point into."""
    told: list[Mention]
    topics: list[Mention]
    by_sentence: dict[int, set[str]]
    """Sentence number -> concepts told in it."""
    all_told: set[str]
    body_starts: int
    """Number of the first sentence after the subject."""

    def words_of(self, mentions: Iterable[Mention]) -> str:
        """The original words of `mentions`, joined."""
        spans = dict.fromkeys((m.first, m.last) for m in mentions)
        return " … ".join(self._slice(a, b) for a, b in spans)

    def _slice(self, first: int, last: int) -> str:
        tokens = self.tokens
        end = tokens.starts[last] + len(tokens.words[last])
        return " ".join(self.text[tokens.starts[first] : end].split())


def read(
    subject: str, body: str, *, language: str, confidence: float, rules: RuleSet
) -> Reading:
    """Find what `subject` and `body` mention, in the vocabularies of their language."""
    text = f"{subject}\n{body}"
    tokens = tokenise(join_contractions(fold(text)))
    mentions: list[Mention] = []
    for tag in _vocabularies(text, language=language, confidence=confidence, rules=rules):
        mentions += rules.vocabularies[tag].scan(tokens)
    mentions.sort(key=lambda m: m.first)
    return _sift(mentions, tokens, text, rules.modality, body_offset=len(subject))


def _vocabularies(
    text: str, *, language: str, confidence: float, rules: RuleSet
) -> tuple[str, ...]:
    if confidence < _CERTAIN and len(text) < _SHORT:
        return tuple(rules.vocabularies)
    tags = dict.fromkeys((language.split("-")[0], *rules.everywhere))
    return tuple(tag for tag in tags if tag in rules.vocabularies)


def _sift(
    mentions: list[Mention], tokens: Tokens, text: str, modality: Modality, *, body_offset: int
) -> Reading:
    mentions = _unmasked(mentions, modality)
    denials: dict[int, list[Mention]] = {}
    for m in mentions:
        if m.concept in modality.negation:
            denials.setdefault(m.clause, []).append(m)
    supposed: dict[int, int] = {}
    own = {m.sentence for m in mentions if m.concept in modality.own}
    hearsay = {
        m.sentence for m in mentions if m.concept in modality.general and m.sentence not in own
    }
    for m in mentions:
        if m.concept in modality.supposed:
            supposed[m.sentence] = min(m.first, supposed.get(m.sentence, m.first))
        elif m.concept in modality.hearsay:
            hearsay.add(m.sentence)
    told: list[Mention] = []
    for m in mentions:
        before = denials.get(m.clause, []) if m.concept in modality.negatable else []
        if before and _is_denied(m, before, modality.reach, tokens):
            told.append(m._replace(concept=DENIED))
        elif m.concept in modality.real or (
            m.sentence not in hearsay and m.first < supposed.get(m.sentence, len(tokens.words))
        ):
            told.append(m)
    by_sentence: dict[int, set[str]] = {}
    for m in told:
        by_sentence.setdefault(m.sentence, set()).add(m.concept)
    starts = [
        s for s, at in zip(tokens.sentences, tokens.starts, strict=True) if at > body_offset
    ]
    return Reading(
        tokens=tokens,
        text=text,
        told=told,
        topics=mentions,
        by_sentence=by_sentence,
        all_told={m.concept for m in told},
        body_starts=starts[0] if starts else len(tokens.words) + 1,
    )


def _unmasked(mentions: list[Mention], modality: Modality) -> list[Mention]:
    masks: dict[int, list[tuple[int, int]]] = {}
    for m in mentions:
        if m.concept in modality.mask:
            masks.setdefault(m.clause, []).append((m.first, m.last))
    if not masks:
        return mentions
    return [
        m
        for m in mentions
        if m.concept in modality.mask or not _is_masked(m, masks.get(m.clause, []))
    ]


def _is_masked(m: Mention, masks: list[tuple[int, int]]) -> bool:
    near = bisect_right(masks, m.first, key=lambda span: span[0])
    return any(m.last <= last for _, last in masks[max(0, near - _NEAREST) : near])


def _is_denied(m: Mention, denials: list[Mention], reach: int, tokens: Tokens) -> bool:
    """Whether one of `denials`, in order and of its clause, stands shortly before `m`."""
    room = reach * 2 if len(tokens.words[m.first]) == 1 else reach
    before = bisect_left(denials, m.first, key=lambda d: d.first)
    return any(
        d.last < m.first and m.first - d.last <= room
        for d in denials[max(0, before - _NEAREST) : before]
    )
