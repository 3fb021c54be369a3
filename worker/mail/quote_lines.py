"""Says of single lines of a body whether a person or a mail program put them there.

Pure text; the phrases are in worker/rules/quote_markers.yaml. Only short lines are looked at
closely, so the cost grows with the length of the body only.
"""

import re
from functools import cache

from worker.mail.markers import begins_with, either, first_in, phrases

_MAX_LINE = 400
_DATE = re.compile(
    r"\d{4}\s*[-/.年]\s*\d{1,2}|\d{1,2}\s*[-/.月]\s*\d{1,2}|\d{1,2}:\d{2}|\d{1,2}\.?\s+\w{3,}\.?,?\s+\d{4}"
    r"|\w{3,}\.?\s+\d{1,2},?\s+\d{4}|\d{4}년|\d{1,2}[hH.]\d{2}"
)
_ADDRESS = re.compile(r"<[^<>\s]*@?[^<>]*>|[\w.+-]+@[\w-]+\.[\w.-]+|\[mailto:")
_DATE_FIRST = re.compile(
    r"\W{0,4}(?:\w{2,9}[.,]{1,2}\s*)?(?:\d{1,2}\.?\s+\w+\.?\s+)?\d{1,4}[\s./年년-]"
)
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_RULE = re.compile(r"\s*[-_=*~—–─━]{3,}[-_=*~—–─━\s]*$")
_LONG_RULE = re.compile(r"\s*(?:[-_=*—–─━]\s*){10,}$")
_SIGNATURE = re.compile(r"\s{0,3}(?:--|—|––|__)\s*$")
_DASHED_NAME = re.compile(
    r"\s{0,3}(?:[-—–]{1,3}|~)\s?[A-Z][\w.'’-]*(?:\s+[A-Z][\w.'’-]*){0,3}\s*$"
)
_QUOTED = re.compile(r"\s{0,3}(?:[A-Z]{2,3})?[>＞](?!\s*[:：]\s*$)")
_DEVICE = re.compile(
    r"\b(?:iphone|ipad|smartphone|galaxy|android|outlook|bluemail|smart device)\b",
    re.IGNORECASE,
)
_WEBSITE = re.compile(r"(?:https?://)?www\.[\w.-]+/?", re.IGNORECASE)
_URL = re.compile(r"<?https?://\S+>?")
_BETWEEN_RULES = re.compile(r"[-–—_*~=]{2,}\s*(.{6,}?)\s*[-–—_*~=]{2,}$")
_FILE = "quote_markers"
_WORDS = 9


def visible(line: str) -> str:
    """The line without invisible characters and outer blanks."""
    return _INVISIBLE.sub("", line).replace("\xa0", " ").replace("&nbsp;", " ").strip()


def is_quoted(line: str) -> bool:
    return _QUOTED.match(line) is not None


def is_rule(line: str) -> bool:
    """A line of dashes, underscores or the like only."""
    return _RULE.match(line[:300]) is not None


def is_long_rule(line: str) -> bool:
    return _LONG_RULE.match(line[:300]) is not None


def is_signature_mark(line: str) -> bool:
    """ "-- " (RFC 3676 section 4.3) and what looks like it."""
    return _SIGNATURE.match(line[:20]) is not None


def is_dashed_name(line: str) -> bool:
    """ "-Li Wei" below a text."""
    return _DASHED_NAME.match(line[:80]) is not None


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
        re.compile(rf"[\W_]{{0,4}}(?:{start})(?:\s|(?=\d)|(?<=[在于於]))", re.IGNORECASE),
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
    text = ruled.group(1) if ruled else text
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
    return (
        ends_open
        and has_date
        and has_address
        and (_DATE_FIRST.match(text) is not None or start.match(text) is not None)
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
    return (
        start.match(line) is not None
        or _DATE_FIRST.match(line) is not None
        or _ADDRESS.search(line) is not None
        or _is_verb_then_date(verb, line)
    )


@cache
def _labels() -> re.Pattern[str]:
    markers = phrases(_FILE)
    groups = "|".join(
        f"(?P<{name}>{either(markers[f'label_{name}'])})"
        for name in ("from", "sent", "to", "cc", "subject")
    )
    return re.compile(
        rf"[\s*|>·•]{{0,6}}(?:{groups})\s{{0,4}}\*?\s*[|]?\s*[:：|]", re.IGNORECASE
    )


def label(line: str) -> str | None:
    """What field of a quoted header block the line shows: from, sent, to, cc or subject."""
    match = _labels().match(line[:80])
    return match.lastgroup if match else None


@cache
def _separator(name: str) -> re.Pattern[str]:
    listed = either(phrases(_FILE)[name])
    ruled = either(phrases(_FILE)[name] + phrases(_FILE)[f"{name}_ruled"])
    return re.compile(
        rf"[\s*>]{{0,4}}[-_=*~—–─━<\[【·]{{2,}}\s*(?:the\s+)?(?:{ruled})(?:\s*\(?[^-—–─]{{0,40}}\)?)?\s*[-_=*~—–─━>\]】·]*\s*[:：]?\s*$"
        rf"|[\s*]{{0,4}}(?:{listed})\s*[:：]\s*$",
        re.IGNORECASE,
    )


def is_original_mark(line: str) -> bool:
    """ "-----Original Message-----" in any language."""
    return len(line) < 200 and _separator("original").match(line) is not None


def is_forward_mark(line: str) -> bool:
    """ "---------- Forwarded message ---------" in any language."""
    return len(line) < 200 and _separator("forwarded").match(line) is not None


def is_reply_above(line: str) -> bool:
    """ "Please type your reply above this line"."""
    return len(line) < 200 and first_in(line.lower(), _FILE, "reply_above") is not None


def is_sent_from(line: str) -> bool:
    """ "Sent from my iPhone": a phrase, then few words and no sentence."""
    line = line.strip(" *_<>[]()-–—~·•").rstrip(".。")
    phrase = begins_with(line.lower(), _FILE, "sent_from") if len(line) <= 140 else None
    if phrase is None:
        return False
    rest = _URL.sub("", line[len(phrase) :]).strip()
    if _DEVICE.search(rest) and ". " not in rest:
        return len(line) <= 100
    if any(mark in rest for mark in (",", "，", ";", "!", "?", "。", "？", "！", ". ")):
        return False
    return len(rest.split()) <= _WORDS and len(rest) <= 60


def is_footer(line: str) -> bool:
    """A line of a virus scanner, a mobile program or a mailing list."""
    return len(line) < 250 and first_in(line.lower(), _FILE, "footer") is not None


def begins_disclaimer(line: str) -> bool:
    """The first line of a legal notice."""
    line = line[:200].strip(" *_-–—<>[]()【】").lower()
    return begins_with(line, _FILE, "disclaimer") is not None


def is_outside_warning(line: str) -> bool:
    """What a company's server puts above mail from outside."""
    line = line[:200].strip(" *_-–—<>").lower()
    return begins_with(line, _FILE, "outside_warning") is not None


def is_sign_off(line: str) -> bool:
    """ "Kind regards," and the like, alone on its line."""
    return line[:60].strip(" *_-–—,，.。!！").lower() in _sign_offs()


@cache
def _sign_offs() -> frozenset[str]:
    return frozenset(phrases(_FILE)["sign_off"])


def is_contact(line: str) -> bool:
    """A telephone number or a website of an address card."""
    if len(line) > 100:
        return False
    if _WEBSITE.fullmatch(line):
        return True
    phrase = begins_with(line.lower().lstrip(" *_|"), _FILE, "contact")
    return phrase is not None and (sum(map(str.isdigit, line)) >= 6 or "www." in line.lower())


def names_firm(line: str) -> bool:
    return len(line) < 100 and first_in(f" {line.lower()}", _FILE, "firm") is not None
