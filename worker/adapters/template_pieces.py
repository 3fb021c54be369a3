"""One template file, compiled: its words for given facts, as text and HTML.

Each distinct Markdown that a file makes is read once and kept; the slots alone differ between
mails.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import jinja2

from worker.adapters import mail_markdown, template_files, template_syntax
from worker.adapters.mail_markdown import BadLink, Page, Skeleton
from worker.adapters.template_files import Complaint, TemplateFile
from worker.adapters.template_syntax import Compiled, Misprint
from worker.domain import plain_text
from worker.domain.facts import EVENTS
from worker.errors import Permanent

LONGEST_SUBJECT = 200
_FRONT_MATTER_NAMES = ("subject", "note")
_MOST_PAGES = 500
_FAULTS = (
    jinja2.TemplateError,
    Misprint,
    BadLink,
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    RecursionError,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A file that compiled."""

    file: TemplateFile
    body: Compiled
    subject: Compiled | None
    """None for blocks and parts."""
    pages: dict[str, Page] = field(default_factory=dict)
    subjects: dict[str, Skeleton] = field(default_factory=dict)

    def write(self, values: Mapping[str, object], words: Mapping[str, str]) -> tuple[str, str]:
        """Return text and HTML; raises Permanent with file, line and reason."""
        try:
            markdown, slots = template_syntax.run(self.body.template, values, words)
            page = self.page(markdown)
        except _FAULTS as error:
            raise self._fault(self.body, error) from error
        return page.fill(slots)

    def write_subject(self, values: Mapping[str, object], words: Mapping[str, str]) -> str:
        """Return the subject, one line; "" when the file has none. Raises as `write`."""
        if self.subject is None:
            return ""
        try:
            source, slots = template_syntax.run(self.subject.template, values, words)
        except _FAULTS as error:
            raise self._fault(self.subject, error) from error
        found = self.subjects.get(source)
        if found is None:
            _make_room(self.subjects)
            found = self.subjects[source] = mail_markdown.skeleton(source)
        return plain_text.one_line(found.fill(slots), limit=LONGEST_SUBJECT)

    def page(self, markdown: str) -> Page:
        """Read a Markdown source, or take it as read before."""
        found = self.pages.get(markdown)
        if found is None:
            _make_room(self.pages)
            found = self.pages[markdown] = mail_markdown.read(markdown)
        return found

    def _fault(self, compiled: Compiled, error: Exception) -> Permanent:
        line = template_syntax.line_of(compiled.template, error)
        path = str(self.file.path)
        place = f"{path}:{line}" if line else path
        return Permanent(
            f"the template {place} cannot be rendered: {error}",
            file=path,
            line=line,
            reason=str(error),
        )


def load(file: TemplateFile) -> Piece | tuple[Complaint, ...]:
    """Compile a file, or say everything that is wrong with its form."""
    if file.complaint:
        return (file.complaint,)
    try:
        front, body = template_files.split_front_matter(file.text)
    except ValueError as error:
        line, _, sentence = str(error).partition(":")
        return (_complain(file, int(line), 0, sentence),)
    complaints = [
        _complain(file, _line_of(file, name), 1, "front matter knows `subject` and `note` only")
        for name in front
        if name not in _FRONT_MATTER_NAMES
    ]
    subject = None
    if file.name in EVENTS:
        subject, wrong = _compile_subject(file, front.get("subject", ""))
        complaints += wrong
    compiled = template_syntax.compile_source(body)
    if isinstance(compiled, tuple):
        complaints += [_complain(file, at.line, at.column, at.sentence) for at in compiled]
    if complaints or isinstance(compiled, tuple):
        return tuple(complaints)
    return Piece(file, compiled, subject)


def _compile_subject(
    file: TemplateFile, source: str
) -> tuple[Compiled | None, list[Complaint]]:
    line = _line_of(file, "subject")
    if not source.strip():
        return None, [_complain(file, line, 0, "it has no subject: begin with `subject: ...`")]
    if "\n" in source.strip():
        return None, [_complain(file, line, 0, "the subject must be one line")]
    # Empty lines before it, so that errors tell the line in the file.
    compiled = template_syntax.compile_source("\n" * (line - 1) + source.strip())
    if isinstance(compiled, tuple):
        return None, [_complain(file, at.line, 0, f"subject: {at.sentence}") for at in compiled]
    return compiled, []


def _line_of(file: TemplateFile, name: str) -> int:
    for number, line in enumerate(file.text.split("\n"), start=1):
        if line.lstrip().startswith(name):
            return number
    return 1


def _complain(file: TemplateFile, line: int, column: int, sentence: str) -> Complaint:
    return Complaint(file=str(file.path), line=line, column=column, sentence=sentence)


def _make_room(cache: dict[str, Page] | dict[str, Skeleton]) -> None:
    """Forget all when full: sources differ by the case, and cases are few."""
    if len(cache) >= _MOST_PAGES:
        cache.clear()
