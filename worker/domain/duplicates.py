"""Decides whether a mail tells a matter again that was told before.

Pure. Two mails are weighed by points: how alike their words are, what both name, what judging
heard in both, what the later one does beside telling (it nudges, corrects, answers, thanks).
From the points of one pair follow three verdicts: sure, doubtful, none. Another transaction,
order or amount in the same words is another matter; so is a new request about the same
transaction, and a development that needs a new decision.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from enum import StrEnum

from worker.domain import likeness
from worker.domain.judgement import Identifiers, Urgency
from worker.domain.likeness import Words, alike, shared
from worker.domain.traits import QUESTION, REQUEST, STATE, RepeatRules, Traits

NEAR = 0.75
"""So alike, two texts are one form filled in twice."""
ENOUGH_SHARED = 0.6
QUOTED = 0.8
SOON = timedelta(hours=1)
AT_ONCE = timedelta(hours=6)
"""Within this a mistake is noticed."""
RETELLING = frozenset(("nudge", "retold", "more"))
POLITE = frozenset(("greeting", "apology", "plea", QUESTION))
LATE_DAYS = 3
FEW_WORDS = 2
SHORT = 24
"""Words (characters, in scripts without spaces) of a mail in which every cue counts."""
ONE_THIRD, HALF, MOST = 0.33, 0.5, 0.62
HEADLINE = 3
"""Words from which on a subject says something of its own."""
LONG = 12
"""Words from which on a mail is no longer a line or two."""
LONG_NUMBER = 3
"""From so many digits on a number names something."""
FEW_SHARED = 0.35
MOST_OF_A_FORM = 4
ADDED_WORDS, FEW_ADDED = 3, 14
FEW_VALUES = 3
LIKE_A_TYPO = 0.6
"""Words so alike are one word spelled twice."""
SAME_BY_OTHERS = 0.5
"""So much of the words must be shared where an address is all that two senders both name."""


class Verdict(StrEnum):
    """What a mail is to an earlier one."""

    JOINED = "joined"
    """Surely the same matter, told by a participant: it joins."""
    LINKED = "linked"
    """Surely the same matter, told from elsewhere: a ticket of its own that points there."""
    POSSIBLE = "possible"
    """Perhaps: a ticket of its own with a hint for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What one mail tells, new or earlier."""

    subject: str
    """Without reply and forward prefixes."""
    words: str
    """What this person wrote, without quotes and signature."""
    whole: str = ""
    """The whole text where it holds more than `words`; needed of a new mail only."""
    identifiers: Identifiers = field(default_factory=Identifiers)
    traits: Traits = field(default_factory=Traits)
    urgency: Urgency = Urgency.NORMAL
    language: str = "und"
    at: datetime
    """When the desk took it in, aware UTC."""
    sent_at: datetime | None = None
    """When its sender says it was written: a desk may take in many days of mail at once."""
    ticket_id: int = 0
    inbound_id: int | None = None
    is_same_party: bool = True
    """Earlier mails: whether the new mail's sender is a participant of their ticket."""
    is_closed: bool = False
    """Earlier mails: whether their ticket is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """The earlier mail that a new one repeats, surely or perhaps."""

    verdict: Verdict
    ticket_id: int
    inbound_id: int | None
    """The mail that told it before."""
    score: float
    """Points in hundreds; the thresholds are the rules'."""
    evidence: tuple[str, ...]
    """Every point for and against, in words."""


@dataclass(slots=True)
class _Scale:
    """Adds up points and remembers what for."""

    rules: RepeatRules
    total: float = 0.0
    reasons: list[tuple[float, str]] = field(default_factory=list)

    def add(self, name: str, times: float = 1.0, told: str = "") -> None:
        weight = self.rules.points.get(name, 0) * times
        if round(weight):
            self.total += weight
            words = name.replace("_", " ") + (f" {told}" if told else "")
            self.reasons.append((weight, f"{words}: {weight:+.0f}"))

    def evidence(self) -> tuple[str, ...]:
        ranked = sorted(self.reasons, key=lambda reason: -abs(reason[0]))
        return tuple(words for _, words in ranked)


def find_repeat(
    new: Telling, earlier: Sequence[Telling], *, window: timedelta, rules: RepeatRules
) -> Repeat | None:
    """Return the earlier mail that `new` repeats, best first by points; None for a new matter.

    earlier: mails of the same sender and mails that name the same identifiers; those older
    than `window` do not count.
    """
    known = [told for told in earlier if _gap(new, told) <= window]
    own = {told.ticket_id for told in known if told.is_same_party}
    best: Repeat | None = None
    for told in known:
        scale = _weigh(new, told, is_only=len(own) == 1, rules=rules)
        found = _verdict(scale, new, told, rules)
        if found is not None and (best is None or _rank(found) > _rank(best)):
            best = found
    return best


def _gap(new: Telling, told: Telling) -> timedelta:
    """The time between two mails; the longer of what the desk and what the senders say."""
    gap = new.at - told.at
    if new.sent_at is None or told.sent_at is None:
        return gap
    return max(gap, new.sent_at - told.sent_at)


def _rank(found: Repeat) -> tuple[bool, float, int]:
    """Sure before doubtful, likelier before less likely, the first teller before the next."""
    is_sure = found.verdict is not Verdict.POSSIBLE
    return is_sure, found.score, -(found.inbound_id or 0)


def _verdict(scale: _Scale, new: Telling, told: Telling, rules: RepeatRules) -> Repeat | None:
    if scale.total < rules.doubtful:
        return None
    if not told.is_same_party and not _share_a_case(new, told):
        return None
    verdict = Verdict.JOINED if told.is_same_party else Verdict.LINKED
    if scale.total < rules.sure or told.is_closed:
        verdict = Verdict.POSSIBLE
    return Repeat(
        verdict=verdict,
        ticket_id=told.ticket_id,
        inbound_id=told.inbound_id,
        score=round(scale.total / 100, 2),
        evidence=scale.evidence(),
    )


def _share_a_case(new: Telling, told: Telling) -> bool:
    """Whether two senders name the same case: nobody else's mail is ever pointed to."""
    one, other = new.identifiers, told.identifiers
    if _both(one.txid, other.txid) or _both(one.order_id, other.order_id):
        return True
    words, before = likeness.words_of(new.whole or new.words), likeness.words_of(told.words)
    if shared(words.stems, before.stems) < SAME_BY_OTHERS:
        return False
    if _both(one.uid, other.uid):
        return _kin(new.traits, told.traits)
    return bool(_both(one.address, other.address) and set(one.amount) & set(other.amount))


def _kin(one: Traits, other: Traits) -> bool:
    return one.category == other.category or bool(one.concepts & other.concepts)


def _weigh(new: Telling, told: Telling, *, is_only: bool, rules: RepeatRules) -> _Scale:
    scale = _Scale(rules)
    likes = _compare(new, told, rules)
    _weigh_words(scale, likes)
    is_corrected = _is_corrected(new, told, likes)
    _weigh_identifiers(scale, new.identifiers, told.identifiers, is_corrected=is_corrected)
    if not is_corrected:
        _weigh_form(scale, new, likes)
    if _names_same_case(new, told):
        _weigh_same_case(scale, new, told, likes)
    _weigh_concepts(scale, new.traits, told.traits, are_long=likes.are_long)
    _weigh_quote(scale, new, likes)
    _weigh_cues(scale, new, told, likes)
    _weigh_time(scale, new, told, likes)
    if _says_nothing(new):
        scale.add("says_nothing")
        if is_only and told.is_same_party:
            scale.add("says_nothing_one_matter")
    if not told.is_same_party:
        scale.add("other_sender")
    return scale


def _is_corrected(new: Telling, told: Telling, likes: "_Likes") -> bool:
    """Whether other numbers stand there because the first ones were wrong."""
    is_about_it = new.traits.residue <= SHORT or likes.alike >= HALF
    if "correction" in new.traits.cues and is_about_it:
        return 0 < likes.changed_values <= FEW_VALUES
    gap = _gap(new, told)
    if gap > AT_ONCE or likes.shared < ENOUGH_SHARED or likes.is_near:
        return False
    if "apology" in new.traits.cues and is_about_it:
        return True
    # All the words and some more, at once: they say why.
    return gap <= SOON and likes.shared >= NEAR and ADDED_WORDS <= likes.added <= FEW_ADDED


def _names_same_case(new: Telling, told: Telling) -> bool:
    one, other = new.identifiers, told.identifiers
    return any(
        _both(getattr(one, name), getattr(other, name))
        for name in ("txid", "order_id", "ticket_id")
    )


def _weigh_form(scale: _Scale, new: Telling, likes: "_Likes") -> None:
    """The same words around other values are a form that was filled in again."""
    is_nudged = "nudge" in new.traits.cues
    if likes.other_numbers and not (is_nudged and likes.same_numbers):
        scale.add("other_numbers")
    elif likes.other_numbers:
        scale.add("other_numbers_nudged")
    elif likes.no_number_shared:
        scale.add("no_number_shared")
    elif likes.other_word and "nudge" not in new.traits.cues:
        scale.add("other_word", told=likes.other_word)


def _weigh_same_case(scale: _Scale, new: Telling, told: Telling, likes: "_Likes") -> None:
    """The same transaction may be asked about twice for two reasons."""
    cues = new.traits.cues
    if new.traits.residue <= FEW_WORDS and cues <= RETELLING | POLITE:
        scale.add("case_alone")
        return
    if new.language.split("-")[0] != told.language.split("-")[0]:
        scale.add("other_language")
    elif likes.shared < FEW_SHARED and not cues & RETELLING:
        scale.add("other_words_same_case")
    for name in ("asks", "however", "now"):
        if name in cues - told.traits.cues and "nudge" not in cues:
            scale.add(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Likes:
    shared: float
    alike: float
    quoted: float
    """Which part of the earlier mail stands in the new one's quotes."""
    is_near: bool
    are_long: bool
    other_numbers: bool
    other_word: str
    """What stands in place of another word in otherwise equal texts; "" for nothing."""
    no_number_shared: bool
    same_numbers: bool
    changed_values: int
    """How many numbers of the earlier mail others stand for in the new one."""
    same_subject: bool
    other_subject: bool
    """Whether it has a headline that neither headline nor text of the earlier mail knows."""
    added: int
    """How many words the new one has that the earlier one has not."""


def _compare(new: Telling, told: Telling, rules: RepeatRules) -> _Likes:
    common = rules.common_words
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
    return _Likes(
        shared=max(shared(mine.stems, theirs.stems), shared(mine.runs, theirs.runs)),
        alike=likeness_of_both,
        quoted=shared(likeness.words_of(_quote(new), common).stems, theirs.stems),
        is_near=is_near,
        are_long=min(len(mine.stems), len(theirs.stems)) >= LONG,
        other_numbers=is_near and bool(numbers - before) and bool(before - numbers),
        other_word=_other_word(mine, theirs, common),
        no_number_shared=not named & named_before
        and _names_much(named)
        and _names_much(named_before),
        same_numbers=bool(numbers & before),
        changed_values=min(len(numbers - before), len(before - numbers)),
        other_subject=min(len(titled.stems), len(title.stems)) >= HEADLINE
        and not named & named_before
        and alike(titled.stems, title.stems) < ONE_THIRD
        and shared(titled.stems, theirs.stems) < HALF,
        same_subject=_same_subject(new.subject.casefold(), told.subject.casefold()),
        added=len(mine.stems - theirs.stems),
    )


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


def _weigh_words(scale: _Scale, likes: _Likes) -> None:
    # A line that stands in a long mail as well is less than two mails alike.
    weight = likes.shared * (0.5 + min(likes.alike / ONE_THIRD, 1) / 2)
    scale.add("shared_words", weight, f"{likes.shared:.0%}")
    scale.add("alike_words", likes.alike, f"{likes.alike:.0%}")
    if likes.is_near:
        scale.add("equal_words")
    if likes.are_long and likes.alike < MOST and not likes.same_numbers:
        scale.add("long_and_unlike")
    if likes.same_numbers:
        scale.add("same_number")
    if likes.same_subject:
        scale.add("same_subject")
    if likes.other_subject:
        scale.add("other_subject")


def _weigh_identifiers(
    scale: _Scale, one: Identifiers, other: Identifiers, *, is_corrected: bool
) -> None:
    has_case = False
    for name in ("txid", "order_id", "ticket_id"):
        mine, theirs = getattr(one, name), getattr(other, name)
        if both := _both(mine, theirs):
            has_case = True
            scale.add(f"same_{name}", told=f"{both[0][:6]}…")
        elif mine and theirs and not is_corrected:
            scale.add(f"other_{name}")
    for name in ("uid", "address"):
        mine, theirs = getattr(one, name), getattr(other, name)
        if _both(mine, theirs):
            scale.add(f"same_{name}")
        elif mine and theirs and not is_corrected:
            scale.add(f"other_{name}")
    if set(one.amount) & set(other.amount):
        scale.add("same_amount")
    elif one.amount and other.amount and not is_corrected:
        scale.add("other_amount_same_case" if has_case else "other_amount")
    elif one.coin and other.coin and not set(one.coin) & set(other.coin):
        scale.add("other_coin")


def _both(one: Sequence[str], other: Sequence[str]) -> list[str]:
    lower = {value.lower() for value in other}
    return [value for value in one if value.lower() in lower]


def _weigh_concepts(scale: _Scale, one: Traits, other: Traits, *, are_long: bool) -> None:
    measure = alike if are_long else shared  # long mails speak of much
    scale.add("shared_concepts", measure(one.concepts, other.concepts))
    if one.category and other.category and one.residue > FEW_WORDS:
        scale.add("same_category" if one.category == other.category else "other_category")


def _weigh_quote(scale: _Scale, new: Telling, likes: _Likes) -> None:
    residue = new.traits.residue
    if likes.quoted >= QUOTED:
        adds_little = "nudge" in new.traits.cues and residue <= SHORT
        scale.add(
            "quotes_it_adds_nothing" if adds_little or residue <= FEW_WORDS else "quotes_it"
        )
    elif ">" in new.whole:
        scale.add("quotes_another")


def _weigh_cues(scale: _Scale, new: Telling, told: Telling, likes: _Likes) -> None:
    """What both mails do tells nothing; it is what only the new one does that counts."""
    cues = new.traits.cues - (told.traits.cues if not likes.is_near else frozenset())
    # In a long mail the words of a cue may stand for anything.
    weight = min(1.0, SHORT / max(new.traits.residue, 1))
    for name in ("nudge", "retold", "more"):
        if name in new.traits.cues:
            scale.add(name, weight)
    if "correction" in new.traits.cues and 0 < likes.changed_values <= FEW_VALUES:
        scale.add("correction", weight)
    fresh = cues - told.traits.cues
    for name in ("another", "answer"):
        if name in fresh:
            scale.add(name)
    if "thanks" in fresh and not new.traits.cues & RETELLING:
        scale.add("thanks")
    if "again" in fresh:
        is_later = _gap(new, told) > timedelta(days=LATE_DAYS)
        scale.add("again_later" if is_later else "again")
    for prefix, name in ((STATE, "new_state"), (REQUEST, "new_request")):
        named = sorted(cue[len(prefix) :] for cue in fresh if cue.startswith(prefix))
        if "correction" in new.traits.cues and named == ["partial"]:
            continue
        if named:
            scale.add(name, told=", ".join(named))
    _weigh_urgency(scale, new, told, likes)


def _weigh_urgency(scale: _Scale, new: Telling, told: Telling, likes: _Likes) -> None:
    if likes.shared >= ENOUGH_SHARED or new.urgency.rank <= told.urgency.rank:
        return
    if new.urgency is Urgency.CRITICAL and told.urgency.rank < Urgency.HIGH.rank:
        scale.add("theft_now")
    elif told.urgency is Urgency.LOW or new.urgency is Urgency.CRITICAL:
        scale.add("first_urgent")


def _weigh_time(scale: _Scale, new: Telling, told: Telling, likes: _Likes) -> None:
    gap = _gap(new, told)
    if gap <= SOON and (likes.shared > 0.2 or likes.same_subject):
        scale.add("soon_same_subject" if likes.same_subject else "soon")
    late = gap.days - LATE_DAYS
    if late > 0 and "nudge" not in new.traits.cues:
        scale.add("each_late_day", min(late, 30))
    mine, theirs = new.identifiers.time, told.identifiers.time
    if likes.is_near and mine and theirs and not set(mine) & set(theirs):
        scale.add("other_time")


def _says_nothing(new: Telling) -> bool:
    named = new.identifiers
    if named.txid or named.order_id or named.amount or named.address:
        return False
    cues = new.traits.cues
    is_empty = bool(new.subject) and not new.words.strip(" .\n")
    is_asking = is_empty or bool(cues & {"nudge", "plea", QUESTION})
    is_bare = new.traits.residue <= FEW_WORDS and cues <= RETELLING | POLITE | {"asks"}
    return is_asking and is_bare
