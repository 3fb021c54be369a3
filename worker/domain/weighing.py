"""Lists the signs that a mail tells an earlier one's matter again, or tells another.

Pure. A sign is a name and how much of it there is, mostly 0 to 1. What each weighs is learned
from labelled pairs (worker/rules/repeat_weights.yaml); which verdict follows is
worker.domain.duplicates' business. No sign depends on a language but by the cues.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from math import log1p
from typing import NamedTuple

from worker.domain.comparing import Likes
from worker.domain.judgement import Identifiers, Urgency
from worker.domain.likeness import alike, shared
from worker.domain.telling import Telling, gap_between
from worker.domain.traits import QUESTION, REQUEST, STATE, Traits

ENOUGH_SHARED, FEW_SHARED, FORM_SHARED = 0.6, 0.35, 0.75
QUOTED = 0.8
SOON = timedelta(hours=1)
AT_ONCE = timedelta(hours=6)
"""Within this a mistake is noticed."""
DAY = timedelta(days=1)
LATE_DAYS = 3
LATEST_DAYS = 30
RETELLING = frozenset(("nudge", "retold", "more"))
POLITE = frozenset(("greeting", "apology", "plea", QUESTION))
FEW_WORDS = 2
SHORT = 24
"""Words (characters, in scripts without spaces) of a mail in which every cue counts."""
ADDED_WORDS, FEW_ADDED = 3, 14
FEW_VALUES = 3
HALF = 0.5
MANY = 4
SHOUTS = ("!!", "！！", "??", "？？", "?!", "！？", "？！")


class Sign(NamedTuple):
    """Something that speaks for or against a repeat."""

    name: str
    value: float
    told: str = ""
    """What was found, for people."""


def list_signs(new: Telling, told: Telling, likes: Likes, *, is_only: bool) -> list[Sign]:
    """List what there is of each sign.

    is_only: whether the sender has one matter at the desk, so that a mail without one of its
    own must mean that.
    """
    is_corrected = is_correction(new, told, likes)
    found = [
        *_in_words(likes),
        *_in_identifiers(new.identifiers, told.identifiers, is_corrected=is_corrected),
        *_in_concepts(new.traits, told.traits, are_long=likes.are_long),
        *_in_quotes(new, likes),
        *_in_cues(new, told, likes),
        *_in_urgency(new, told, likes),
        *_in_manner(new, told, is_only=is_only),
        *_in_time(new, told, likes),
    ]
    if is_corrected:
        found.append(Sign("corrected", 1))
    else:
        found += _in_form(new, likes)
    if names_same_case(new, told):
        found += _in_same_case(new, told, likes)
    return [sign for sign in found if sign.value]


def is_correction(new: Telling, told: Telling, likes: Likes) -> bool:
    """Whether other numbers stand there because the first ones were wrong."""
    is_about_it = new.traits.residue <= SHORT or likes.alike >= HALF
    if "correction" in new.traits.cues and is_about_it:
        return 0 < likes.changed_values <= FEW_VALUES
    gap = gap_between(new, told)
    if gap > AT_ONCE or likes.shared < ENOUGH_SHARED or likes.is_near:
        return False
    if "apology" in new.traits.cues and is_about_it:
        return True
    # All the words and some more, at once: they say why.
    is_more = ADDED_WORDS <= likes.added <= FEW_ADDED
    return gap <= SOON and likes.shared >= FORM_SHARED and is_more


def names_same_case(new: Telling, told: Telling) -> bool:
    """Whether both name the same transaction, order or ticket."""
    one, other = new.identifiers, told.identifiers
    return any(
        both(getattr(one, name), getattr(other, name))
        for name in ("txid", "order_id", "ticket_id")
    )


def both(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """The values that stand in both."""
    lower = {value.lower() for value in other}
    return [value for value in one if value.lower() in lower]


def says_nothing(new: Telling) -> bool:
    """Whether it is a nudge or an empty mail, without a matter of its own."""
    named = new.identifiers
    if named.txid or named.order_id or named.amount or named.address:
        return False
    cues = new.traits.cues
    is_empty = bool(new.subject) and not new.words.strip(" .\n")
    is_asking = is_empty or bool(cues & {"nudge", "plea", QUESTION})
    is_bare = new.traits.residue <= FEW_WORDS and cues <= RETELLING | POLITE | {"asks"}
    return is_asking and is_bare


def _in_words(likes: Likes) -> Iterator[Sign]:
    yield Sign("shared_words", likes.shared, f"{likes.shared:.0%}")
    yield Sign("alike_words", likes.alike, f"{likes.alike:.0%}")
    yield Sign("known_words", likes.known, f"{likes.known:.0%}")
    yield Sign("retold_words", likes.retold, f"{likes.retold:.0%}")
    yield Sign("new_words", log1p(likes.added) / MANY, f"{likes.added}")
    yield Sign("word_for_word", likes.is_same)
    yield Sign("equal_words", likes.is_near and not likes.is_same)
    yield Sign("long_and_unlike", likes.are_long and likes.alike < HALF)
    yield Sign("nothing_shared", likes.shared == 0)
    yield Sign("same_number", likes.same_numbers)
    yield Sign("new_number", likes.new_numbers)
    yield Sign("same_subject", likes.same_subject)
    yield Sign("other_subject", likes.other_subject)
    yield Sign("shorter", likes.length < likes.length_before / 2)
    yield Sign("longer", likes.length > likes.length_before * 2)


def _in_identifiers(
    one: Identifiers, other: Identifiers, *, is_corrected: bool
) -> Iterator[Sign]:
    has_case = False
    for name in ("txid", "order_id", "ticket_id", "uid", "address"):
        mine, theirs = getattr(one, name), getattr(other, name)
        if same := both(mine, theirs):
            has_case = has_case or name not in ("uid", "address")
            yield Sign(f"same_{name}", 1, f"{same[0][:6]}…")
        elif mine and theirs and not is_corrected:
            yield Sign(f"other_{name}", 1)
        elif mine:
            yield Sign(f"first_{name}", 1)
    if set(one.amount) & set(other.amount):
        yield Sign("same_amount", 1)
    elif one.amount and other.amount and not is_corrected:
        yield Sign("other_amount_same_case" if has_case else "other_amount", 1)
    elif one.coin and other.coin and not set(one.coin) & set(other.coin):
        yield Sign("other_coin", 1)
    elif one.amount and not other.amount:
        yield Sign("first_amount", 1)


def _in_concepts(one: Traits, other: Traits, *, are_long: bool) -> Iterator[Sign]:
    measure = alike if are_long else shared  # long mails speak of much
    yield Sign("shared_concepts", measure(one.concepts, other.concepts))
    yield Sign("new_concepts", min(len(one.concepts - other.concepts), MANY) / MANY)
    yield Sign("no_concepts", not one.concepts)
    if one.category and other.category and one.residue > FEW_WORDS:
        is_same = one.category == other.category
        yield Sign("same_category" if is_same else "other_category", 1)


def _in_quotes(new: Telling, likes: Likes) -> Iterator[Sign]:
    residue = new.traits.residue
    if likes.quoted >= QUOTED:
        is_nudge = "nudge" in new.traits.cues and residue <= SHORT
        adds_nothing = is_nudge or residue <= FEW_WORDS
        yield Sign("quotes_it_adds_nothing" if adds_nothing else "quotes_it", 1)
    elif ">" in new.whole:
        yield Sign("quotes_another", 1)


def _in_cues(new: Telling, told: Telling, likes: Likes) -> Iterator[Sign]:
    """What both mails do tells nothing; it is what only the new one does that counts."""
    cues = new.traits.cues
    fresh = cues - told.traits.cues
    # In a long mail the words of a cue may stand for anything.
    weight = min(1.0, SHORT / max(new.traits.residue, 1))
    for name in sorted(RETELLING & cues):
        yield Sign(name, weight)
    if "correction" in cues:
        is_about_values = 0 < likes.changed_values <= FEW_VALUES
        yield Sign("correction", weight if is_about_values else weight / 2)
    for name in ("another", "answer", "plea", "apology", "however", "now", "asks", QUESTION):
        yield Sign(name, (name in fresh) * weight)
    yield Sign("thanks", "thanks" in fresh and not cues & RETELLING)
    if "again" in fresh:
        is_later = gap_between(new, told) > timedelta(days=LATE_DAYS)
        yield Sign("again_later" if is_later else "again", 1)
    is_nudge = "nudge" in cues
    for cue in sorted(fresh):
        if cue.startswith((STATE, REQUEST)):
            if cue == STATE + "partial" and "correction" in cues:
                continue
            is_state = cue.startswith(STATE)
            yield Sign(cue, weight)
            if is_state:
                yield Sign("new_state_nudged" if is_nudge else "new_state", 1)
            else:
                yield Sign("new_request_nudged" if is_nudge else "new_request", 1)


def _in_urgency(new: Telling, told: Telling, likes: Likes) -> Iterator[Sign]:
    rise = new.urgency.rank - told.urgency.rank
    yield Sign("less_urgent", rise < 0)
    yield Sign("same_urgency", rise == 0)
    if rise <= 0 or likes.shared >= ENOUGH_SHARED:
        return
    if new.urgency is Urgency.CRITICAL and told.urgency.rank < Urgency.HIGH.rank:
        yield Sign("theft_now", 1)
    elif told.urgency is Urgency.LOW or new.urgency is Urgency.CRITICAL:
        yield Sign("first_urgent", 1)
    else:
        yield Sign("more_urgent", 1)


def _in_manner(new: Telling, told: Telling, *, is_only: bool) -> Iterator[Sign]:
    is_empty = says_nothing(new)
    yield Sign("says_nothing", is_empty)
    yield Sign("says_nothing_one_matter", is_empty and is_only and told.is_same_party)
    yield Sign("says_little", new.traits.residue <= SHORT / 4)
    yield Sign("shouts", any(mark in new.words + new.subject for mark in SHOUTS))
    yield Sign("in_capitals", new.words.isupper() and not told.words.isupper())
    yield Sign("other_sender", not told.is_same_party)


def _in_time(new: Telling, told: Telling, likes: Likes) -> Iterator[Sign]:
    gap = gap_between(new, told)
    if gap <= SOON and (likes.shared > 0.2 or likes.same_subject):
        yield Sign("soon_same_subject" if likes.same_subject else "soon", 1)
    late = min(gap.days - LATE_DAYS, LATEST_DAYS)
    if late > 0:
        is_nudge = "nudge" in new.traits.cues
        yield Sign("late_nudge" if is_nudge else "late", log1p(late), f"{late} days")
    mine, theirs = new.identifiers.time, told.identifiers.time
    if mine and theirs and not set(mine) & set(theirs):
        yield Sign("other_time_same_words" if likes.is_near else "other_time", 1)


def _in_form(new: Telling, likes: Likes) -> Iterator[Sign]:
    """The same words around other values are a form that was filled in again."""
    is_nudged = "nudge" in new.traits.cues
    if likes.other_numbers and not (is_nudged and likes.same_numbers):
        yield Sign("other_numbers", 1)
    elif likes.other_numbers:
        yield Sign("other_numbers_nudged", 1)
    elif likes.no_number_shared:
        yield Sign("no_number_shared", 1)
    elif likes.other_word and not is_nudged:
        yield Sign("other_word", 1, likes.other_word)


def _in_same_case(new: Telling, told: Telling, likes: Likes) -> Iterator[Sign]:
    """The same transaction may be asked about twice for two reasons."""
    cues = new.traits.cues
    if new.traits.residue <= FEW_WORDS and cues <= RETELLING | POLITE:
        yield Sign("case_alone", 1)
        return
    if new.language.split("-")[0] != told.language.split("-")[0]:
        yield Sign("other_language", 1)
    elif likes.shared < FEW_SHARED and not cues & RETELLING:
        yield Sign("other_words_same_case", 1)
    for name in ("asks", "however", "now"):
        fresh = name in cues - told.traits.cues and "nudge" not in cues
        yield Sign(f"{name}_same_case", fresh)
