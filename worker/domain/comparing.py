"""Compares the words and numbers of two mails.

Pure. Another number in otherwise equal words is a form that was filled in again.
"""

from dataclasses import dataclass
from difflib import SequenceMatcher

from worker.domain import likeness
from worker.domain.likeness import Words, alike, shared
from worker.domain.telling import Telling

NEAR = 0.75
"""So alike, two texts are one form filled in twice."""
HEADLINE = 3
"""Words from which on a subject says something of its own."""
LONG = 12
"""Words from which on a mail is no longer a line or two."""
LONG_NUMBER = 3
"""From so many digits on a number names something."""
MOST_OF_A_FORM = 4
LIKE_A_TYPO = 0.6
"""Words so alike are one word spelled twice."""
ONE_THIRD, HALF = 0.33, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Likes:
    """How alike the words of two mails are; shares run from 0 to 1."""

    shared: float
    """Which part of the shorter one the longer one holds."""
    alike: float
    known: float
    """Which part of the new mail the earlier one holds."""
    retold: float
    """Which part of the earlier mail the new one holds."""
    quoted: float
    """Which part of the earlier mail stands in the new one's quotes."""
    is_same: bool
    """Whether words and numbers are all the same."""
    is_near: bool
    are_long: bool
    other_numbers: bool
    other_word: str
    """What stands in place of another word in otherwise equal texts; "" for nothing."""
    no_number_shared: bool
    same_numbers: bool
    new_numbers: bool
    """Whether it names numbers that the earlier mail does not."""
    changed_values: int
    """How many numbers of the earlier mail others stand for in the new one."""
    same_subject: bool
    other_subject: bool
    """Whether it has a headline that neither headline nor text of the earlier mail knows."""
    length: int
    """How many words count in the new one."""
    length_before: int
    added: int
    """How many words the new one has that the earlier one has not."""
    fresh: frozenset[str]
    """Which those are, in subject and text, and pairs of characters in Chinese or Japanese."""


def compare(new: Telling, told: Telling, common: frozenset[str]) -> Likes:
    """Compare a new mail with an earlier one.

    common: words that everybody writes, which prove nothing.
    """
    mine = likeness.words_of(new.words, common)
    theirs = likeness.words_of(told.words, common)
    if min(len(mine.stems), len(theirs.stems)) < likeness.FEWEST:
        mine = likeness.words_of(f"{new.subject}\n{new.words}", common)
        theirs = likeness.words_of(f"{told.subject}\n{told.words}", common)
    likeness_of_both = max(alike(mine.stems, theirs.stems), alike(mine.runs, theirs.runs))
    is_near = likeness_of_both >= NEAR
    numbers, before = mine.numbers, theirs.numbers
    titled, title = (likeness.words_of(mail.subject, common) for mail in (new, told))
    named, named_before = numbers | titled.numbers, before | title.numbers
    both = len(mine.stems & theirs.stems)
    return Likes(
        shared=max(shared(mine.stems, theirs.stems), shared(mine.runs, theirs.runs)),
        alike=likeness_of_both,
        known=both / max(len(mine.stems), 1),
        retold=both / max(len(theirs.stems), 1),
        quoted=shared(likeness.words_of(_quote(new), common).stems, theirs.stems),
        is_same=bool(mine.words) and (mine.words, numbers) == (theirs.words, before),
        is_near=is_near,
        are_long=min(len(mine.stems), len(theirs.stems)) >= LONG,
        other_numbers=is_near and bool(numbers - before) and bool(before - numbers),
        other_word=_other_word(mine, theirs, common),
        no_number_shared=not named & named_before
        and _names_much(named)
        and _names_much(named_before),
        same_numbers=bool(numbers & before),
        new_numbers=bool(named - named_before),
        changed_values=min(len(numbers - before), len(before - numbers)),
        other_subject=min(len(titled.stems), len(title.stems)) >= HEADLINE
        and not named & named_before
        and alike(titled.stems, title.stems) < ONE_THIRD
        and shared(titled.stems, theirs.stems) < HALF,
        same_subject=_same_subject(new.subject.casefold(), told.subject.casefold()),
        length=len(mine.stems),
        length_before=len(theirs.stems),
        added=len(mine.stems) - both,
        fresh=_plain(mine, titled) - _plain(theirs, title),
    )


def _plain(text: Words, subject: Words) -> frozenset[str]:
    return text.words | subject.words | text.pairs | subject.pairs


def _quote(new: Telling) -> str:
    """What stands in the mail beside its writer's words: quotes, and the odd signature."""
    own = set(new.words.splitlines())
    return "\n".join(line for line in new.whole.splitlines() if line not in own)


def _other_word(mine: Words, theirs: Words, common: frozenset[str]) -> str:
    only_mine = mine.words - theirs.words - common
    only_theirs = theirs.words - mine.words - common
    fewest = len(mine.words & theirs.words)
    if not (0 < len(only_mine) <= 2 and 0 < len(only_theirs) <= 2) or fewest < MOST_OF_A_FORM:
        return ""
    for word in only_mine:
        for other in only_theirs:
            if SequenceMatcher(None, word, other).ratio() >= LIKE_A_TYPO:
                return ""
    return " ".join(sorted(only_mine))


def _names_much(numbers: frozenset[str]) -> bool:
    return any(sum(c.isdigit() for c in number) >= LONG_NUMBER for number in numbers)


def _same_subject(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) > 1 and shorter in longer
