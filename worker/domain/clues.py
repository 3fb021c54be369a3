"""Turns a mail that has been read into what the model weighs: plain words, and concepts.

The words are one string in which every spelling is made equal and numbers lose their digits; a
term of the model is a piece of it. The concepts are those of the rules, so what a language has
no words for yet can still be weighed by what they mean elsewhere.
"""

from collections.abc import Iterable
from functools import lru_cache

from worker.domain.judgement import Identifiers
from worker.domain.model import Clues
from worker.domain.phrases import Tokens, is_spaceless
from worker.domain.reading import Reading
from worker.domain.urgency import Verdict

_LENGTHS = (15, 40, 100, 250)
"""Characters at which a mail counts as longer."""
_LONGEST_WORD = 24
_LONGEST_CODE = 9


def clues(
    reading: Reading,
    *,
    verdict: Verdict,
    category: str,
    named: Identifiers,
    known: Iterable[str],
    has_secret: bool,
) -> Clues:
    """Gather what the model weighs.

    known: concepts that hold for the whole mail without being words of it, such as sums.
    """
    concepts = {f"told:{concept}" for concept in reading.all_told}
    concepts.update(f"topic:{m.concept}" for m in reading.topics)
    concepts.update(
        f"subject:{m.concept}" for m in reading.topics if m.sentence < reading.body_starts
    )
    concepts.update(f"known:{concept}" for concept in known)
    concepts.update(f"rule:{hit.rule}" for hit in verdict.hits)
    concepts.update((f"level:{verdict.urgency.value}", f"about:{category}"))
    concepts.update(f"named:{kind}" for kind in _NAMED if getattr(named, kind))
    if has_secret:
        concepts.add("secret")
    size = len(reading.text)
    concepts.add(f"length:{sum(size > least for least in _LENGTHS)}")
    return Clues(plain(reading.tokens, body_starts=reading.body_starts), frozenset(concepts))


_NAMED = ("uid", "txid", "order_id", "ticket_id", "address", "amount")


def plain(tokens: Tokens, *, body_starts: int = 0) -> str:
    """Join `tokens` to the one string that terms are pieces of."""
    parts: list[str] = []
    before = 0
    for word, sentence in zip(tokens.words, tokens.sentences, strict=True):
        if sentence != before:
            parts.append(" / " if before < body_starts <= sentence else " . ")
            before = sentence
        parts.append(_plain_word(word))
    return f" {''.join(parts)} ".replace("  ", " ")


@lru_cache(maxsize=50_000)
def _plain_word(word: str) -> str:
    """One word as terms know it: no digits, nothing that occurs once in the world."""
    if len(word) == 1 and is_spaceless(word):
        return word
    if word.isdigit():
        return " 0 " if len(word) < 4 else " 00 "
    if any(letter.isdigit() for letter in word):
        if len(word) > _LONGEST_CODE:
            return " 0x "
        word = "".join("0" if letter.isdigit() else letter for letter in word)
    return f" {word} " if len(word) <= _LONGEST_WORD else " 0x "
