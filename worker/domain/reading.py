"""Reads a text as mentions of concepts; sets apart what is denied, supposed or of others."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import NamedTuple

from worker.domain.phrases import Mention, Tokens, fold, join_contractions, tokenise
from worker.domain.rules import Modality, RuleSet

DENIED = "denied"
"""Concept of a negated mention: "not hacked" mentions this in place of what it denies."""
_CERTAIN = 0.8
_SHORT = 400
_BY_FIRST = itemgetter(Mention._fields.index("first"))
_NEAREST = 6
"""Phrases before a mention that are looked at; more would stand on top of each other."""


class Reading(NamedTuple):
    """What a text tells. `told` is real; `topics` also what is only supposed or overheard."""

    tokens: Tokens
    text: str
    """The text that the token offsets point into."""
    told: list[Mention]
    topics: list[Mention]
    by_sentence: Mapping[int, set[str]]
    """Sentence number -> concepts told in it."""
    all_told: set[str]
    body_starts: int
    """Number of the first sentence after the subject."""

    def words_of(self, mentions: Iterable[Mention]) -> str:
        """The original words of `mentions`, joined."""
        spans = dict.fromkeys((m.first, m.last) for m in mentions)
        return " … ".join(self._slice(a, b) for a, b in spans)

    def _slice(self, first: int, last: int) -> str:
        return " ".join(self.text[self.tokens.span(first, last)].split())


def read(
    subject: str, body: str, *, language: str, confidence: float, rules: RuleSet
) -> Reading:
    """Find what `subject` and `body` mention, in the vocabularies of their language."""
    text = f"{subject}\n{body}"
    tokens = tokenise(join_contractions(fold(text)))
    mentions: list[Mention] = []
    for tag in _vocabularies(text, language=language, confidence=confidence, rules=rules):
        mentions += rules.vocabularies[tag].scan(tokens)
    mentions.sort(key=_BY_FIRST)
    body_starts = tokens.sentence_from(len(subject) + 1)
    return _sift(mentions, tokens, text, rules.modality, body_starts=body_starts)


def _vocabularies(
    text: str, *, language: str, confidence: float, rules: RuleSet
) -> tuple[str, ...]:
    if confidence < _CERTAIN and len(text) < _SHORT:
        return tuple(rules.vocabularies)
    tags = dict.fromkeys((language.split("-")[0], *rules.everywhere))
    return tuple(tag for tag in tags if tag in rules.vocabularies)


def _sift(
    mentions: list[Mention], tokens: Tokens, text: str, modality: Modality, *, body_starts: int
) -> Reading:
    mentions = _unmasked(mentions, modality)
    told = _real(mentions, tokens, modality)
    by_sentence: defaultdict[int, set[str]] = defaultdict(set)
    for m in told:
        by_sentence[m.sentence].add(m.concept)
    return Reading(
        tokens=tokens,
        text=text,
        told=told,
        topics=mentions,
        by_sentence=by_sentence,
        all_told=set().union(*by_sentence.values()),
        body_starts=body_starts,
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
        if m.clause not in masks
        or m.concept in modality.mask
        or not _is_masked(m, masks[m.clause])
    ]


def _real(mentions: list[Mention], tokens: Tokens, modality: Modality) -> list[Mention]:
    """Leave out what is supposed or of others, and turn round what is denied."""
    turning = [m for m in mentions if m.concept in modality.turning]
    denials: dict[int, list[Mention]] = {}
    supposed: dict[int, int] = {}
    own = {m.sentence for m in turning if m.concept in modality.own}
    hearsay = {
        m.sentence for m in turning if m.concept in modality.general and m.sentence not in own
    }
    for m in turning:
        if m.concept in modality.negation:
            denials.setdefault(m.clause, []).append(m)
        if m.concept in modality.supposed:
            supposed.setdefault(m.sentence, m.first)
        elif m.concept in modality.hearsay:
            hearsay.add(m.sentence)
    if not (denials or supposed or hearsay):
        return mentions
    told: list[Mention] = []
    end = len(tokens.words)
    for m in mentions:
        concept, first, _, sentence, clause = m
        if (
            clause in denials
            and concept in modality.negatable
            and _is_denied(m, denials[clause], modality.reach, tokens)
        ):
            told.append(m._replace(concept=DENIED))
        elif concept in modality.real or (
            sentence not in hearsay and first < supposed.get(sentence, end)
        ):
            told.append(m)
    return told


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
