"""Loads the phrases of worker/rules that mail is read by, once a process."""

import re
from functools import cache
from importlib.resources import files

import yaml


@cache
def phrases(file: str) -> dict[str, list[str]]:
    """The lists of phrases in worker/rules/`file`.yaml, by name."""
    text = files("worker.rules").joinpath(f"{file}.yaml").read_text("utf-8")
    loaded = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return {str(name): [str(one) for one in listed] for name, listed in loaded.items()}


def first_in(text: str, file: str, name: str) -> str | None:
    """The first of the phrases that `text`, in lower case and with single blanks, holds."""
    return next((phrase for phrase in _lowered(file, name) if phrase in text), None)


@cache
def _lowered(file: str, name: str) -> tuple[str, ...]:
    return tuple(phrase.lower() for phrase in phrases(file)[name])


def begins_with(text: str, file: str, name: str) -> str | None:
    """The longest of the phrases that `text`, in lower case, begins with."""
    listed = _lowered(file, name)
    if not text.startswith(listed):
        return None
    return max((phrase for phrase in listed if text.startswith(phrase)), key=len)


def either(listed: list[str]) -> str:
    """A regular expression for any of the phrases, blanks matching any run of blanks."""
    longest_first = sorted(listed, key=len, reverse=True)
    return "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in longest_first)


@cache
def _automatic() -> re.Pattern[str]:
    listed = phrases("automatic_mail")
    phrase, word = either(listed["auto_reply"]), either(listed["auto_reply_word"])
    tag = r"\s*(?:[\[【(][^\]】)]{0,60}[\]】)]\s*)?[\[【(*<]?\s*"
    follows = (
        r"(?=\s*[\]】)*>:：;,.!—–-]|\s*$|\s+(?:re|from|until|till|due|bis|du|van|auf|d[e'’]"
        r"|vom|zu|für|to your|to:|su\b|на|w"
        r"|reply|response|message|notice|notification)\b|\s+d['’])"
    )
    absent = (
        r"(?P<absent>(?:out[- ]of[- ](?:the[- ])?office|on (?:vacation|holiday|leave)"
        r"|away from (?:the|my) \w+)(?=\s+(?:for|until|till|from|through|this|next)\b))"
    )
    return re.compile(
        rf"{tag}(?:{absent}|(?P<phrase>{phrase})(?:\s+(?:{phrase}))?{follows}|(?P<word>{word})\s*(?:[:：]|$))"
        rf"|.{{0,120}}[\[【(（](?P<aside>{phrase})(?:\s*[\]】)）]|\s+[-–—])",
        re.IGNORECASE,
    )


_ANSWERED = re.compile(
    r"\s*re:\s*(?:\[[^\]]{0,60}\]\s*)?(?:out of (?:the )?office|auto-?reply)[\w -]{0,20}:",
    re.IGNORECASE,
)


def subject_says_automatic(subject: str) -> str | None:
    """The phrase at the start of `subject` that automatic mail names itself by, or None."""
    if _ANSWERED.match(subject[:300]):
        return "out of office"
    match = _automatic().match(subject[:300])
    if match is None:
        return None
    return next(found for found in match.groups() if found).lower()
