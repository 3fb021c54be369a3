"""Notes what a mail does beside telling its matter: it nudges, corrects, answers, thanks.

Pure; the words are data (worker/rules/duplicates.yaml). The traits of a mail are stored with
it, so that a later mail can be compared without reading the earlier one again.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from worker.domain.judgement import Judgement
from worker.domain.phrases import (
    Mention,
    Tokens,
    Vocabulary,
    fold,
    join_contractions,
    tokenise,
)

LONGEST = 4000
REACH = 4
"""Words between a negation and what it denies; twice as many in scripts without spaces."""
STATE, REQUEST = "state.", "request."
"""Names of cues that say what became of a matter, and what is asked of the desk."""
SOLVED = STATE + "solved"
NEGATION, QUESTION = "negation", "question"
"""A question is a mark, no words."""
FAREWELL = frozenset(
    (
        *("thanks", "greeting", "apology", "now", "answer"),
        *(SOLVED, STATE + "arrived", STATE + "released"),
    )
)
FAREWELL_WORDS = 3
"""A name, or a word that no list foresees."""
_QUESTION_MARKS = "?？吗嗎"
_ENDS = "\n!?！？。.;；"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatRules:
    """What tells a repeat, as data. Made by worker.rules.repeats.load."""

    cues: Vocabulary
    bias: int
    """Points before anything is known of a pair."""
    points: Mapping[str, int]
    """What a sign weighs (worker.domain.weighing)."""
    words: Mapping[str, int]
    """What a word weighs that only the later mail has."""
    sure: float
    """From this likelihood on a mail is a repeat."""
    doubtful: float
    """From this likelihood on it is linked as a possible one."""
    common_words: frozenset[str]
    """Words that prove nothing when two mails share them."""
    concept_cues: Mapping[str, str]
    """Concepts of judging that are cues as well."""
    common_concepts: frozenset[str]
    """Concepts that prove nothing either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What comparing needs of a mail beside its text; small, and stored with the mail."""

    category: str = ""
    concepts: frozenset[str] = frozenset()
    """What judging heard it tell, whatever the language."""
    cues: frozenset[str] = frozenset()
    residue: int = 99
    """How many words are left when cues, numbers and words that everybody writes are gone."""

    def to_dict(self) -> dict[str, object]:
        """As it is stored."""
        return {
            "category": self.category,
            "concepts": sorted(self.concepts),
            "cues": sorted(self.cues),
            "residue": self.residue,
        }


def is_farewell(traits: Traits) -> bool:
    """Whether a mail only thanks or says that all is well: it asks nobody to do anything."""
    if not traits.cues & {"thanks", SOLVED} or not traits.cues <= FAREWELL:
        return False
    is_solved = any(cue.startswith(STATE) for cue in traits.cues)
    return traits.residue <= (FAREWELL_WORDS if is_solved else 1)


def from_dict(stored: Mapping[str, object]) -> Traits:
    """Read what `to_dict` wrote; what is missing is unknown."""

    def names(key: str) -> frozenset[str]:
        value = stored.get(key)
        return frozenset(map(str, value)) if isinstance(value, list) else frozenset()

    return Traits(
        category=str(stored.get("category", "")),
        concepts=names("concepts"),
        cues=names("cues"),
        residue=int(str(stored.get("residue", 99))),
    )


def note(*, subject: str, own_words: str, judgement: Judgement, rules: RepeatRules) -> Traits:
    """Note the traits of a mail.

    own_words: what this person wrote now, without quotes and signature.
    """
    told = join_contractions(fold(own_words[:LONGEST]))
    tokens = tokenise(told)
    mentions = rules.cues.scan(tokens)
    cues = _held(mentions, tokens, told)
    titled = join_contractions(fold(subject))
    in_subject = tokenise(titled)
    cues |= _held(rules.cues.scan(in_subject), in_subject, titled)
    if any(mark in told for mark in "?？"):
        cues.add(QUESTION)
    cues |= {cue for heard, cue in rules.concept_cues.items() if heard in judgement.told}
    return Traits(
        category=judgement.category,
        concepts=frozenset(judgement.told) - rules.common_concepts,
        cues=frozenset(cues),
        residue=_residue(mentions, tokens, rules),
    )


def _held(mentions: list[Mention], tokens: Tokens, text: str) -> set[str]:
    """The cues that hold: a state that is denied or asked about is none."""
    denials = [m for m in mentions if m.concept == NEGATION]
    found = set()
    for m in mentions:
        is_state = m.concept.startswith(STATE)
        if is_state and (_is_denied(m, denials, tokens) or _is_asked(m, tokens, text)):
            continue
        if m.concept != NEGATION:
            found.add(m.concept)
    return found


def _is_denied(m: Mention, denials: list[Mention], tokens: Tokens) -> bool:
    reach = REACH * 2 if len(tokens.words[m.first]) == 1 else REACH
    return any(
        d.clause == m.clause and m.last > d.last and d.first <= m.first <= d.last + reach
        for d in denials
    )


def _is_asked(m: Mention, tokens: Tokens, text: str) -> bool:
    start = tokens.start_of(m.last)
    for character in text[start : start + 120]:
        if character in _QUESTION_MARKS:
            return True
        if character in _ENDS:
            return False
    return False


def _residue(mentions: list[Mention], tokens: Tokens, rules: RepeatRules) -> int:
    covered = {place for m in mentions for place in range(m.first, m.last + 1)}
    return sum(
        place not in covered
        and word not in rules.common_words
        and not any(c.isdigit() for c in word)
        for place, word in enumerate(tokens.words)
    )
