"""Words an answer: facts and a language in; subject, text and HTML out.

Every answer is put together in one order: greeting, the urgent blocks, the event's own words,
the other blocks, footer. The templates only word; which blocks there are is in the facts.
"""

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from worker.adapters import template_files, template_lint
from worker.adapters.template_files import WORDS, Complaint, Origin, TemplateFile
from worker.adapters.template_lint import values_of
from worker.adapters.template_pieces import Piece, load
from worker.domain.facts import (
    BLOCKS,
    EVENTS,
    LATER_BLOCKS,
    SAMPLES,
    URGENT_BLOCKS,
    Facts,
)
from worker.domain.rendered import Rendered
from worker.errors import Permanent

LARGEST_ANSWER = 200_000
"""Characters of text and HTML together."""

_FALLBACK = "en"
_MOST_PLANS = 500
_RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")
_TRADITIONAL = ("zh-tw", "zh-hk", "zh-mo")
_STYLES = {
    "blocks/self_harm": "border-left:4px solid #1a73e8;padding:1px 0 1px 14px;margin:16px 0",
    "blocks/critical": "border-left:4px solid #b3261e;padding:1px 0 1px 14px;margin:16px 0",
    "blocks/secret": "border-left:4px solid #b3261e;padding:1px 0 1px 14px;margin:16px 0",
    "blocks/safety": "border-left:4px solid #9aa0a6;padding:1px 0 1px 14px;margin:16px 0",
    "parts/footer": "color:#5f6368;font-size:13px;margin-top:24px",
}
_HEAD = (
    '<!DOCTYPE html>\n<html lang="{language}" dir="{direction}">\n<head>\n'
    '<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n</head>\n'
    '<body style="margin:0;padding:16px;font-family:-apple-system,Segoe UI,Roboto,PingFang SC,'
    'Microsoft YaHei,sans-serif;font-size:15px;line-height:1.55;color:#202124">\n'
    '<div style="max-width:600px;overflow-wrap:anywhere">\n'
)
_TAIL = "\n</div>\n</body>\n</html>\n"

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One template, as `templates list` shows it."""

    name: str
    """received, blocks/critical, parts/footer or words."""
    language: str
    file: str
    origin: Origin
    is_ok: bool


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which files make an answer, in order."""

    language: str
    pieces: tuple[tuple[Piece, Mapping[str, str]], ...]
    event: tuple[Piece, Mapping[str, str]]
    version: str
    head: str


class Templates:
    """The reply templates of the desk: its own files, else the shipped ones."""

    def __init__(
        self,
        folder: Path | None,
        *,
        default_language: str = _FALLBACK,
        link_hosts: tuple[str, ...] = (),
    ) -> None:
        """Read the files; they are compiled when first needed, `lint` compiles them all.

        folder: the desk's own; None for the shipped ones alone. Raises ConfigError when it does
        not exist.
        link_hosts: where links may go; subdomains may, too.
        """
        self._folder = folder
        self._default_language = default_language
        self._link_hosts = tuple(host.lower() for host in link_hosts)
        self._pieces: dict[_Key, Piece | None] = {}
        self._words: dict[str, Mapping[str, str]] = {}
        self._plans: dict[tuple[str, str, tuple[str, ...]], _Plan] = {}
        self._files = _by_key(template_files.read_all(folder))

    def render(self, facts: Facts, *, language: str) -> Rendered:
        """Word an answer in the nearest language that there is.

        language: BCP-47, or "und". Raises Permanent with file, line and reason.
        """
        plan = self._plan(facts, language)
        values = values_of(facts)
        texts: list[str] = []
        html: list[str] = [plan.head]
        for piece, words in plan.pieces:
            text, part = piece.write(values, words)
            if text:
                style = _STYLES.get(piece.file.name)
                texts.append(text)
                html.append(f'<div style="{style}">\n{part}\n</div>' if style else part)
        html.append(_TAIL)
        text, page = "\n\n".join(texts) + "\n", "\n".join(html)
        event, words = plan.event
        if len(text) + len(page) > LARGEST_ANSWER:
            raise Permanent(
                f"the answer of {event.file.path} is larger than {LARGEST_ANSWER} characters",
                file=str(event.file.path),
            )
        subject = event.write_subject(values, words)
        return Rendered(
            subject=subject, text=text, html=page, language=plan.language, version=plan.version
        )

    def preview(self, event: str, language: str, sample: str = "full") -> Rendered:
        """Render a sample; raises Permanent when there is no such event or sample."""
        if sample not in SAMPLES or event not in EVENTS:
            raise Permanent(
                f"there is no sample {sample!r} of {event!r}; events: {', '.join(EVENTS)}; "
                f"samples: {', '.join(SAMPLES)}"
            )
        return self.render(dataclasses.replace(SAMPLES[sample], event=event), language=language)

    def reload(self) -> tuple[Complaint, ...]:
        """Take in what changed on disk; a broken file keeps its last good version.

        Returns what is wrong with the changed files. Raises ConfigError when the folder is
        gone; then nothing has changed.
        """
        fresh = _by_key(template_files.read_all(self._folder))
        complaints: list[Complaint] = []
        for key, files in fresh.items():
            before = {file.path: file for file in self._files.get(key, ())}
            for place, file in enumerate(files):
                last = before.get(file.path)
                if last is not None and last.digest == file.digest:
                    continue
                found = self._lint_file(file)
                complaints += found
                if last is not None and any(complaint.is_error for complaint in found):
                    files[place] = last
        self._files = fresh
        self._pieces, self._words, self._plans = {}, {}, {}
        return tuple(complaints)

    def lint(self) -> tuple[Complaint, ...]:
        """Say everything that is wrong with the templates, the shipped ones included."""
        complaints = [
            complaint
            for files in self._files.values()
            for file in files
            for complaint in self._lint_file(file)
        ]
        chain = self._chain("und")
        complaints += [
            self._missing(name, "und")
            for name in template_lint.NEEDED
            if self._find(chain, name) is None
        ]
        pieces = [piece for key in self._files if (piece := self._piece(key)) is not None]
        complaints += template_lint.lint_twins(pieces, reference=_FALLBACK)
        return tuple(dict.fromkeys(complaints))

    def list_templates(self) -> tuple[Row, ...]:
        """List the files in use, and the broken ones that are not."""
        return tuple(
            Row(
                name=name,
                language=language,
                file=str(file.path),
                origin=file.origin,
                is_ok=not any(complaint.is_error for complaint in self._lint_file(file)),
            )
            for (language, name), files in sorted(self._files.items())
            for file in files
        )

    def _plan(self, facts: Facts, language: str) -> _Plan:
        # Held here, so that a reload in another thread gets no plan of the old files.
        plans, key = self._plans, (language, facts.event, facts.blocks)
        plan = plans.get(key)
        if plan is None:
            if len(plans) >= _MOST_PLANS:
                plans.clear()
            plan = plans[key] = self._make_plan(facts, language)
        return plan

    def _make_plan(self, facts: Facts, language: str) -> _Plan:
        chain = self._chain(language)
        found = self._find(chain, facts.event)
        if found is None:
            raise Permanent(self._missing(facts.event, language).sentence)
        unknown = set(facts.blocks) - set(BLOCKS)
        if unknown:
            raise Permanent(f"there is no block {', '.join(sorted(unknown))}")
        chosen = found[0].file.language
        chain = chain[chain.index(chosen) :]
        parts = []
        for name in _order(facts):
            part = self._find(chain, name)
            if part is None:
                raise Permanent(self._missing(name, language).sentence)
            parts.append(part)
        digests = "".join(piece.file.digest for piece, _ in parts)
        version = hashlib.sha256(digests.encode()).hexdigest()[:12]
        direction = "rtl" if chosen.split("-")[0] in _RIGHT_TO_LEFT else "ltr"
        return _Plan(
            language=chosen,
            pieces=tuple(parts),
            event=found,
            version=f"{chosen}/{facts.event}@{version}",
            head=_HEAD.format(language=chosen, direction=direction),
        )

    def _chain(self, language: str) -> list[str]:
        """Name the languages that there are, nearest first."""
        wanted = (*_nearer(language), *_nearer(self._default_language), _FALLBACK)
        there = {known.lower(): known for known, _ in self._files}
        return list(dict.fromkeys(there[tag] for tag in wanted if tag in there))

    def _find(self, chain: list[str], name: str) -> tuple[Piece, Mapping[str, str]] | None:
        for language in chain:
            piece = self._piece((language, name))
            if piece is not None:
                return piece, self._words_of(language)
        return None

    def _piece(self, key: _Key) -> Piece | None:
        pieces = self._pieces
        if key not in pieces:
            loaded = (load(file) for file in self._files.get(key, ()) if key[1] != WORDS)
            pieces[key] = next((it for it in loaded if isinstance(it, Piece)), None)
        return pieces[key]

    def _words_of(self, language: str) -> Mapping[str, str]:
        known = self._words
        if language not in known:
            words: dict[str, str] = {}
            for tag in reversed(self._chain(language)):
                for file in reversed(self._files.get((tag, WORDS), ())):
                    words |= _words_in(file)
            known[language] = words
        return known[language]

    def _lint_file(self, file: TemplateFile) -> tuple[Complaint, ...]:
        return template_lint.lint_file(
            file, words=self._words_of(file.language), link_hosts=self._link_hosts
        )

    def _missing(self, name: str, language: str) -> Complaint:
        folder = self._folder or template_files.shipped_folder()
        file = str(folder / _FALLBACK / f"{name}.md")
        tried = ", ".join(self._chain(language)) or "none"
        sentence = (
            f"no usable template {name}.md for {language}: none of the languages {tried} has a "
            f"good one in {folder}; write {file}"
        )
        return Complaint(file=file, line=0, column=0, sentence=sentence)


def _order(facts: Facts) -> Iterator[str]:
    """Name the files of an answer in the order in which they stand in it."""
    is_urgent = any(block in URGENT_BLOCKS for block in facts.blocks)
    yield "parts/greeting"
    yield from (f"blocks/{block}" for block in URGENT_BLOCKS if block in facts.blocks)
    yield facts.event
    for block in LATER_BLOCKS:
        if block in facts.blocks and not (is_urgent and block == "articles"):
            yield f"blocks/{block}"
    yield "parts/footer"


def _nearer(language: str) -> Iterator[str]:
    """Name a language and what is nearest to it: zh-HK, zh-Hant, zh-Hans."""
    parts = language.lower().replace("_", "-").split("-")
    for end in range(len(parts), 0, -1):
        yield "-".join(parts[:end])
    if parts[0] == "zh":
        if "hant" in parts or "-".join(parts[:2]) in _TRADITIONAL:
            yield "zh-hant"
        yield "zh-hans"
        yield "zh-hant"


def _by_key(files: tuple[TemplateFile, ...]) -> dict[_Key, list[TemplateFile]]:
    """Sort by language and name; the desk's own file comes first."""
    sorted_files: dict[_Key, list[TemplateFile]] = {}
    for file in files:
        sorted_files.setdefault((file.language, file.name), []).append(file)
    return sorted_files


def _words_in(file: TemplateFile) -> Mapping[str, str]:
    try:
        return template_files.read_words(file)
    except ValueError:
        return {}  # lint says so
