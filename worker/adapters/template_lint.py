"""Finds what is wrong with the templates before a customer does.

One file at a time (`lint_file`), and how the languages agree (`lint_twins`).
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping

from worker.adapters import template_files
from worker.adapters.template_files import PARTS, WORDS, Complaint, TemplateFile
from worker.adapters.template_pieces import Piece, load
from worker.domain.facts import EVENTS, FIELDS, SAMPLES, Facts
from worker.errors import Permanent

NEEDED = (
    *EVENTS,
    *(
        f"blocks/{block}"
        for block in ("self_harm", "critical", "secret", "missing", "incident", "safety")
    ),
    *(f"parts/{part}" for part in PARTS),
)
"""Without these an answer cannot be written."""

NEEDED_WORDS = (
    *("uid", "txid", "order_id", "address", "amount", "coin", "network", "time"),
    *("error_text", "screenshot", "device", "app_version"),
    *("password", "private_key", "mnemonic", "api_key", "otp", "id_number", "card"),
)
_LONG_SUBJECT = 120
_TARGET = re.compile(
    r"\]\(\s*<?([^)\s>]*)|<([a-zA-Z][a-zA-Z0-9+.-]*:[^>\s]*)>|(https?://[^\s)>\]]+)"
)
_HOST = re.compile(r"https://(?:[^/?#@]*@)?([^/:?#]+)|mailto:[^@?]+@([^?]+)")


def values_of(facts: Facts) -> dict[str, object]:
    """What a template sees."""
    return {field: getattr(facts, field) for field in FIELDS}


def lint_file(
    file: TemplateFile, *, words: Mapping[str, str], link_hosts: Iterable[str]
) -> tuple[Complaint, ...]:
    """Say what is wrong with one file: its form, its links, and its words over all samples."""
    if file.name == WORDS:
        return tuple(_lint_words(file))
    piece = load(file)
    if isinstance(piece, tuple):
        return piece
    found = (*_lint_links(file, tuple(link_hosts)), *_lint_samples(piece, words))
    return tuple(dict.fromkeys(found))


def lint_twins(pieces: Iterable[Piece], *, reference: str) -> Iterator[Complaint]:
    """Say where the languages differ: files that one lacks, facts that only one uses.

    reference: the language that the others are held against.
    """
    by_language: dict[str, dict[str, Piece]] = {}
    for piece in pieces:
        by_language.setdefault(piece.file.language, {})[piece.file.name] = piece
    model = by_language.get(reference, {})
    for language, own in sorted(by_language.items()):
        folder = next(iter(own.values())).file.path.parents[
            next(iter(own.values())).file.name.count("/")
        ]
        for name, twin in model.items():
            if name not in own:
                yield Complaint(
                    file=str(folder / f"{name}.md"),
                    line=0,
                    column=0,
                    sentence=f"it is missing in {language}; {reference} has it",
                    is_error=False,
                )
            elif own[name].body.facts != twin.body.facts:
                yield _differ(own[name], twin)


def _differ(piece: Piece, twin: Piece) -> Complaint:
    more = ", ".join(sorted(piece.body.facts - twin.body.facts))
    less = ", ".join(sorted(twin.body.facts - piece.body.facts))
    says = [f"it uses {more}"] if more else []
    says += [f"it does not use {less}"] if less else []
    return Complaint(
        file=str(piece.file.path),
        line=0,
        column=0,
        sentence=f"{' and '.join(says)}, unlike {twin.file.path}",
        is_error=False,
    )


def _lint_words(file: TemplateFile) -> Iterator[Complaint]:
    if file.complaint:
        yield file.complaint
        return
    try:
        words = template_files.read_words(file)
    except ValueError as error:
        line, _, sentence = str(error).partition(":")
        yield Complaint(file=str(file.path), line=int(line), column=0, sentence=sentence)
        return
    lacking = [word for word in NEEDED_WORDS if not words.get(word, "").strip()]
    if lacking:
        sentence = f"words are missing: {', '.join(lacking)}"
        yield Complaint(
            file=str(file.path), line=0, column=0, sentence=sentence, is_error=False
        )


def _lint_samples(piece: Piece, words: Mapping[str, str]) -> Iterator[Complaint]:
    name, path = piece.file.name, str(piece.file.path)
    block = name.removeprefix("blocks/") if name.startswith("blocks/") else None
    for event in (name,) if name in EVENTS else EVENTS:
        for label, sample in SAMPLES.items():
            if block and block not in sample.blocks:
                continue
            values = values_of(dataclasses.replace(sample, event=event))
            try:
                text, _ = piece.write(values, words)
                subject = piece.write_subject(values, words)
            except Permanent as error:
                line = error.facts.get("line")
                yield Complaint(
                    file=path,
                    line=line if isinstance(line, int) else 0,
                    column=0,
                    sentence=f"{error.facts.get('reason')} (sample: {label})",
                )
                return
            if not text.strip():
                sentence = f"it says nothing (sample: {label})"
                yield Complaint(file=path, line=0, column=0, sentence=sentence)
            if name in EVENTS and not subject:
                sentence = f"the subject is empty (sample: {label})"
                yield Complaint(file=path, line=0, column=0, sentence=sentence)
            if len(subject) > _LONG_SUBJECT and len(sample.subject or "") < _LONG_SUBJECT // 2:
                sentence = f"the subject is longer than {_LONG_SUBJECT} characters"
                yield Complaint(file=path, line=0, column=0, sentence=sentence, is_error=False)


def _lint_links(file: TemplateFile, hosts: tuple[str, ...]) -> Iterator[Complaint]:
    for number, line in enumerate(file.text.split("\n"), start=1):
        for found in _TARGET.finditer(line):
            target = found[1] or found[2] or found[3] or ""
            host = _HOST.match(target)
            name = (host[1] or host[2]).lower() if host else ""
            if not host:
                sentence = f"the link {target!r} must begin with https:// or mailto:"
            elif any(name == known or name.endswith("." + known) for known in hosts):
                continue
            else:
                known_hosts = ", ".join(hosts) or "none"
                sentence = f"the link goes to {name}, which is not one of: {known_hosts}"
            yield Complaint(
                file=str(file.path), line=number, column=found.start() + 1, sentence=sentence
            )
