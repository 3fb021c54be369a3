"""Reads one raw mail: parse, seal its secrets, judge it. A pure function of bytes and settings.

It runs in child processes that can be killed, so what it returns is small, frozen and already
sealed: no secret crosses back to the process that writes and logs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from pathlib import Path

from worker.domain.decoration import may_be_screenshot
from worker.domain.judge import judge
from worker.domain.judgement import Judgement
from worker.domain.message import Message
from worker.domain.missing import list_missing
from worker.domain.rules import RuleSet
from worker.domain.secrets import CORE, NOTE, seal
from worker.domain.traits import Traits, note
from worker.mail.filenames import shortened
from worker.mail.parse import parse
from worker.mail.settings import ParseSettings
from worker.mail.visible_text import reply_text
from worker.rules import load, repeats

_MOST_SEALED = 100_000
"""Characters sealed for a language model: far more than it sees, so the cut is never seen."""
_SEAM = 200
"""Characters of a subject, and twice of a text, in which a secret may be told across both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSettings:
    """What reading depends on beside the bytes."""

    parse: ParseSettings
    rules: Path | None
    """Folder of the desk's own rules; None means the shipped ones."""
    zone: tzinfo | None = None
    """Of the customers, for times in mails that tell none; None: unknown."""
    model: Path | None = None
    """A model that the desk trained itself, in place of the one of the rules."""
    shown_characters: int = 0
    """So much of a mail a language model may see; 0: there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A mail as read: sealed, judged, without its HTML."""

    message: Message
    judgement: Judgement
    secret_kinds: tuple[str, ...]
    """What was sealed in it, each kind once."""
    traits: Traits = field(default_factory=Traits)
    """What comparing it with other mails needs beside its text."""
    shown: str = ""
    """What a language model may see: subject and own words, sealed and cut."""
    missing_without_pictures: tuple[str, ...] | None = None
    """What is missing if all of its own pictures are decoration; None where nobody asked."""


def read_mails(raws: Sequence[bytes], settings: ReadSettings) -> list[Reading]:
    """Read several mails, in order; the unit of work of a child process.

    None at all still brings in what reading needs.
    """
    load(settings.rules, settings.model)  # also for no mails: it warms the child up
    repeats.load(settings.rules)
    return [read_mail(raw, settings) for raw in raws]


def read_mail(raw: bytes, settings: ReadSettings) -> Reading:
    """Read one mail."""
    rules = load(settings.rules, settings.model)
    parsed = parse(raw, settings=settings.parse)
    inner = [found for mail in parsed.attached_mails for found in mail.attachments]
    has_screenshot = any(may_be_screenshot(found) for found in (*parsed.attachments, *inner))
    message, kinds = _sealed(parsed, rules)
    brought = _kinds_attached(parsed, rules)
    judgement = judge(
        subject=message.subject,
        body=message.body_text,
        own_words=message.reply_text,
        rules=rules,
        has_screenshot=has_screenshot,
        is_sealed=True,
        brings_secret=not CORE.isdisjoint(brought),
        sent_at=message.date,
        zone=settings.zone,
    )
    if spans_both(parsed.subject, parsed.body_text, rules):
        message, kinds = _sealed_across(parsed, message, kinds, rules)
    traits = note(
        subject=message.subject,
        own_words=message.reply_text,
        judgement=judgement,
        rules=repeats.load(settings.rules),
    )
    unshown = list_missing(
        judgement.category,
        judgement.identifiers,
        told=set(judgement.told),
        has_screenshot=any(may_be_screenshot(found) for found in inner),
        rules=rules,
    )
    return Reading(
        message=message,
        judgement=judgement,
        secret_kinds=tuple(dict.fromkeys((*kinds, *brought))),
        traits=traits,
        missing_without_pictures=unshown,
        shown=_shown(message, settings.shown_characters, rules),
    )


def spans_both(subject: str, body: str, rules: RuleSet) -> bool:
    """Whether a secret begins in the subject and ends in the text."""
    if not subject.strip():
        return False
    end, begin = subject[-_SEAM:], body[: 2 * _SEAM]
    apart = f"{seal(end, rules=rules).text}\n{seal(begin, rules=rules).text}"
    return seal(f"{end}\n{begin}", rules=rules).text != apart


def seal_pair(subject: str, body: str, rules: RuleSet) -> tuple[str, str, tuple[str, ...]]:
    """Seal a subject and a text, also what begins in the one and ends in the other."""
    first, second = seal(subject, rules=rules), seal(body, rules=rules)
    kinds = tuple(dict.fromkeys((*first.kinds, *second.kinds)))
    if not spans_both(subject, body, rules):
        return first.text, second.text, kinds
    whole = seal(f"{subject}\n{body}", rules=rules)
    return *_parted(whole.text, second.text), tuple(dict.fromkeys((*kinds, *whole.kinds)))


def _sealed_across(
    parsed: Message, message: Message, kinds: tuple[str, ...], rules: RuleSet
) -> tuple[Message, tuple[str, ...]]:
    """Seal as well a secret that begins in the subject and ends in the text.

    message: `parsed`, each field of it sealed by itself.
    """
    sealed = seal(f"{parsed.subject}\n{parsed.body_text}", rules=rules)
    if sealed.text == f"{message.subject}\n{message.body_text}":
        return message, kinds
    subject, body = _parted(sealed.text, message.body_text)
    # Cut from what is sealed already: a cut through a secret would leave half of it.
    own = body if message.reply_text == message.body_text else reply_text(body)
    found = tuple(dict.fromkeys((*kinds, *sealed.kinds)))
    return replace(message, subject=subject, body_text=body, reply_text=own), found


def _parted(whole: str, text: str) -> tuple[str, str]:
    """Part `whole` into a line and what of `text` is left at its end."""
    left = 0
    while left < min(len(whole), len(text)) and whole[-1 - left] == text[-1 - left]:
        left += 1
    cut = len(whole) - left
    # Both may end in notes: one is never cut in two.
    cut = next((n.end() for n in NOTE.finditer(whole) if n.start() < cut < n.end()), cut)
    return " ".join(whole[:cut].split()), whole[cut:].strip()


def _shown(message: Message, characters: int, rules: RuleSet) -> str:
    """What a language model may see: sealed texts, sealed once more as a whole, then cut.

    A secret may begin in the subject and end in the text; none may be cut before it is known.
    """
    if not characters:
        return ""
    text = f"{message.subject}\n{message.reply_text[:_MOST_SEALED]}"
    return seal(text, rules=rules).text[:characters].strip()


def _sealed(message: Message, rules: RuleSet) -> tuple[Message, tuple[str, ...]]:
    kinds: dict[str, None] = {}

    def without_secrets(text: str) -> str:
        sealed = seal(text, rules=rules)
        kinds.update(dict.fromkeys(sealed.kinds))
        return sealed.text

    subject, body = without_secrets(message.subject), without_secrets(message.body_text)
    own = message.reply_text
    if own == message.body_text:
        own = body
    elif kinds:  # cut from the sealed text: so no secret of several lines can be cut in two
        own = without_secrets(reply_text(body))
    else:
        own = without_secrets(own)
    changed = replace(
        message,
        subject=subject,
        body_text=body,
        reply_text=own,
        html="",
        html_text="",
        attached_mails=(),  # not sealed, and not needed: they stay in the raw mail
        attached_texts=(),
        attachments=tuple(
            replace(found, filename=shortened(without_secrets(found.filename)))
            for found in message.attachments
        ),
    )
    return changed, tuple(kinds)


def _kinds_attached(message: Message, rules: RuleSet) -> tuple[str, ...]:
    """Kinds of the secrets in names of files, in text files and in attached mails."""
    texts = [one.filename for one in message.attachments]
    texts += message.attached_texts
    for mail in message.attached_mails:
        texts += [mail.subject, mail.body_text, *mail.attached_texts]
    return tuple(
        dict.fromkeys(kind for text in texts for kind in seal(text, rules=rules).kinds)
    )
