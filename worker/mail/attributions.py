"""Says of lines of a body whether they tell who wrote what is quoted below: "On ... wrote:".

Pure text; the phrases are in worker/rules/quote_markers.yaml. Only short lines are looked at
closely, so the cost grows with the length of the body only.
"""

import re
from functools import cache

from worker.mail.markers import begins_with, either, phrases

_MAX_LINE = 400
_DATE = re.compile(
    r"\d{4}\s*[-/.年]\s*\d{1,2}|\d{1,2}\s*[-/.月]\s*\d{1,2}|\d{1,2}:\d{2}|\d{1,2}\.?\s+(?:de\s+)?\w{3,}\.?,?\s+(?:de\s+)?\d{4}"
    r"|\w{3,}\.?\s+\d{1,2},?\s+\d{4}|\d{4}년|\d{1,2}[hH.]\d{2}"
)
_ADDRESS = re.compile(r"<[^<>\s]*@?[^<>]*>|[\w.+-]+@[\w-]+\.[\w.-]+|\[mailto:")
_DATE_FIRST = re.compile(
    r"\W{0,4}(?:\w{2,14}[.,]{1,2}\s*)?(?:\d{1,2}\.?\s+\w+\.?\s+)?\d{1,4}[\s./年년-]"
    r"|\w{3,9}\.?\s\d{1,2},\s\d{4}"
    r"|\w{2,4}\s+\d{1,2}\.\s?\w{1,12}\.?\s\d{4}"
    r"|\d{1,2}:\d{2}(?::\d{2})?\s?(?:[ap]\.?m\.?)?,\s",
    re.IGNORECASE,
)
_TIME_LAST = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?\s?(?:[ap]m)?[\])]?\s*[:：]$", re.IGNORECASE)
_UNFINISHED = re.compile(r"^[^.!?。！？]{2,80}\s[<(]$")
_DATE_NAME = re.compile(
    r"\d{4}\s?[-/.年년]\s?\d{1,2}.{2,16}\d{1,2}:\d{2}\s[^\s.!?。！？][^.!?。！？]{0,39}[:：]$"
)
_ZONE = re.compile(r"\d{1,2}:\d{2} (?:GMT|UTC)[+-]\d{2}:?\d{2} \w")
_OPEN_LINK = re.compile(r"[(<]\s*https?:[^\s()<>]*$")
_ONLY_LINK = re.compile(r"[(<\[]\s*https?:[^\s()<>]+[)>\]][\s>]*$")
_BETWEEN_RULES = re.compile(r"[-–—_*~=]{2,}(?=[^-–—_*~=])\s*(.{6,}?)\s*[-–—_*~=]{2,}$")
_FILE = "quote_markers"


@cache
def _wrote() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    markers = phrases(_FILE)
    verb = either(markers["wrote"])
    start = either(markers["wrote_start"])
    return (
        re.compile(
            rf"(?:(?<!\w)|(?<=[^\x00-\x7f]))(?:{verb})(?!\w)|(?:写道|寫道|작성|のメッセージ)",
            re.IGNORECASE,
        ),
        re.compile(rf"[\W_]{{0,10}}(?:{start})(?:\s|(?=\d)|(?<=[在于於]))", re.IGNORECASE),
        re.compile(rf"(?:{verb})\s*[\])）]?\s*[:：]?\s*$", re.IGNORECASE),
    )


def is_attribution(text: str, *, before_quote: bool = False) -> bool:
    """ "On 1 May 2024, Li Wei wrote:", given as one line.

    before_quote: a quoted line follows, so less is asked for.
    """
    if not 6 <= len(text) <= _MAX_LINE:
        return False
    verb, start, ending = _wrote()
    ruled = _BETWEEN_RULES.match(text)
    text = _unruled(text)
    ends_open = ruled is not None or text.endswith((":", "："))
    has_verb = verb.search(text) is not None
    has_date = _DATE.search(text) is not None
    has_address = _ADDRESS.search(text) is not None
    if has_verb and (ends_open or ending.search(text)):
        if has_date and (ends_open or before_quote or has_address):
            return (
                start.match(text) is not None
                or has_address
                or _DATE_FIRST.match(text) is not None
                or (ends_open and _is_verb_then_date(verb, text))
            )
        return (has_address and ends_open) or (before_quote and len(text) < 120)
    if before_quote and _is_date_and_name(text):
        return True
    if not ends_open or not (has_address or (before_quote and _TIME_LAST.search(text))):
        return False
    is_begun = _DATE_FIRST.match(text) is not None or start.match(text) is not None
    if has_date and (is_begun or before_quote) and len(text) < 160:
        return is_begun or text.startswith("* ") or _TIME_LAST.search(text) is not None
    return begins_with(text.lower(), _FILE, "quoting") is not None


def _is_date_and_name(text: str) -> bool:
    """ "2024/5/1 Li Wei <li.wei@example.com>" or "2024/5/1 10:00 Li Wei:", without a verb."""
    if len(text) > 160 or _DATE_FIRST.match(text) is None or _DATE.search(text) is None:
        return False
    if _DATE_NAME.match(text) or _ZONE.search(text):
        return True
    return text.endswith(">") and _ADDRESS.search(text) is not None


def _unruled(text: str) -> str:
    """Without dashes on both sides."""
    ruled = _BETWEEN_RULES.match(text)
    return ruled.group(1) if ruled else text


def begins_with_date(text: str) -> bool:
    """ "On 1 May 2024, ...": the firm beginning of an attribution."""
    start = _wrote()[1]
    is_begun = start.match(text) is not None or _DATE_FIRST.match(text) is not None
    return is_begun and _DATE.search(text[:120]) is not None


def begins_undated(text: str) -> bool:
    """ "On ..." with anything but a date after it."""
    return _wrote()[1].match(text) is not None


def own_before_attribution(text: str) -> str:
    """What a person wrote on the line on which the attribution begins; "" where none did."""
    if begins_with_date(text):
        return ""
    for found in _inner_start().finditer(text[:_MAX_LINE]):
        own, rest = text[: found.start()].rstrip(" -–—"), text[found.start(1) :]
        if any(map(str.isalnum, own)) and _DATE.search(rest[:40]):
            return own if is_attribution(rest, before_quote=True) else ""
    return ""


@cache
def _inner_start() -> re.Pattern[str]:
    """The capitalised word that an attribution begins with, inside a line."""
    listed = phrases(_FILE)["wrote_start"]
    words = [one.capitalize() for one in listed if one.isalpha() and len(one) > 1]
    words = [one for one in words if one[0].isupper()]
    return re.compile(rf"(?:\s|--)[-–—\s]*({either(words)})\s")


def goes_on_from(line: str, before: str) -> bool:
    """Whether `line` is the rest of a link that a gateway broke out of the quoted `before`."""
    return _ONLY_LINK.match(line) is not None or (
        _OPEN_LINK.search(before) is not None and line[-1] in ")>" and " " not in line
    )


def _is_verb_then_date(verb: re.Pattern[str], text: str) -> bool:
    """ "Li Wei wrote on 01.05.2024 10:00:"."""
    said = verb.search(text)
    if said is None or len(text) > 120:
        return False
    date = _DATE.search(text, said.end())
    return date is not None and date.start() - said.end() <= 12 and len(text) - date.end() <= 24


def ends_with_verb(line: str) -> bool:
    """ "... wrote" at the end, with or without a colon."""
    tail = line[-24:].rstrip(" :：])）-–—_=").lower()
    return tail.endswith(_verbs())


@cache
def _verbs() -> tuple[str, ...]:
    return tuple(verb.lower() for verb in phrases(_FILE)["wrote"])


def may_begin_attribution(line: str) -> bool:
    """Whether an attribution over several lines may begin here."""
    if len(line) > _MAX_LINE:
        return False
    verb, start, _ = _wrote()
    line = _unruled(line)
    return (
        start.match(line) is not None
        or _DATE_FIRST.match(line) is not None
        or _ADDRESS.search(line) is not None
        or _UNFINISHED.match(line) is not None
        or _is_verb_then_date(verb, line)
    )
