"""Compiles the Jinja2 of a template, and refuses all but a short list of its syntax.

The list is the first line of defence: no calls, no arithmetic, no assignments, no includes, no
attributes but those of `loop`, loops over the lists among the facts only and never one inside
another. So a template ends, is no longer than it looks, and sees nothing but facts. The sandbox
is the second line. What `{{ }}` prints never meets Markdown: a slot, one character of a private
area, stands for it until mail_markdown.py has made text and HTML.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import jinja2
from jinja2 import nodes
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from worker.domain.facts import FIELDS

FACTS = tuple(field for field in FIELDS if field != "blocks")
LISTS = ("missing", "identifiers", "secret_kinds")
FILTERS = ("first", "join", "last", "length", "word")
_LOOP_FIELDS = ("first", "last", "index")
_LONGEST_TEXT = 200
_DEEPEST = 40
_MOST_SLOTS = 2000
# No template can name these: the list of names allows identifiers only.
_SLOTS, _WORDS = " slots", " words"
FIRST_SLOT, LAST_SLOT = 0xF0000, 0xFFFFD

_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.For,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Filter,
    nodes.Getattr,
)
_WORDS_FOR: dict[type[nodes.Node], str] = {
    nodes.Call: "calling something",
    nodes.Include: "including another file",
    nodes.Import: "importing",
    nodes.FromImport: "importing",
    nodes.Extends: "extending another template",
    nodes.Macro: "macros",
    nodes.Assign: "assigning a name",
    nodes.AssignBlock: "assigning a name",
    nodes.Getitem: "picking an item in [ ]",
    nodes.Test: "`is` tests",
    nodes.List: "lists",
    nodes.Tuple: "tuples",
    nodes.Dict: "dictionaries",
    nodes.Concat: "joining with ~",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a source is not allowed."""

    line: int
    column: int
    """From 1; 0 when unknown."""
    sentence: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """A source that keeps to the list."""

    template: jinja2.Template
    facts: frozenset[str]
    """Which facts it names."""


class Misprint(Exception):
    """A template printed what has no words: None, a list, True."""


@jinja2.pass_context
def _slot(context: Context, value: object) -> str:
    """Stand in for a printed value: its text waits in the list of slots."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        if isinstance(value, jinja2.Undefined):
            value._fail_with_undefined_error()
        raise Misprint(
            "it prints a fact that is empty in this case: put {% if ... %} around it"
            if value is None
            else "it prints a list or a yes/no: use a loop, `| join(', ')` or {% if ... %}"
        )
    slots: list[str] = context.parent[_SLOTS]
    if len(slots) >= _MOST_SLOTS:
        raise Misprint("it prints too much")
    slots.append(str(value))
    return chr(FIRST_SLOT + len(slots) - 1)


@jinja2.pass_context
def _word(context: Context, value: str | Sequence[str]) -> str | tuple[str, ...]:
    words: Mapping[str, str] = context.parent[_WORDS]
    if isinstance(value, str):
        return words.get(value) or value.replace("_", " ")
    return tuple(words.get(key) or key.replace("_", " ") for key in value)


def _environment() -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # nothing is escaped here: slots are, where they are filled
        finalize=_slot,
        cache_size=0,
    )
    made.globals.clear()
    made.tests.clear()
    made.filters = {name: made.filters[name] for name in FILTERS if name in made.filters}
    made.filters["word"] = _word
    return made


_ENVIRONMENT = _environment()


def compile_source(source: str) -> Compiled | tuple[Refusal, ...]:
    """Compile a source, or say everything that is wrong with it."""
    try:
        tree = _ENVIRONMENT.parse(source)
        refusals = tuple(_refuse(tree, source))
        if refusals:
            return refusals
        template = _ENVIRONMENT.from_string(tree)
    except jinja2.TemplateSyntaxError as error:
        return (Refusal(error.lineno, 0, f"{(error.message or 'a mistake').rstrip('.')}"),)
    except (RecursionError, MemoryError):
        return (Refusal(1, 0, "it is nested too deeply"),)
    return Compiled(template, frozenset(_names(tree)) & frozenset(FACTS))


def run(
    template: jinja2.Template, values: Mapping[str, object], words: Mapping[str, str]
) -> tuple[str, list[str]]:
    """Render to Markdown with slots, and the texts for the slots in order of appearance.

    Raises Misprint and jinja2.TemplateError; `line_of` tells where.
    """
    slots: list[str] = []
    context = template.new_context({**values, _SLOTS: slots, _WORDS: words}, shared=True)
    return "".join(template.root_render_func(context)), slots


def line_of(template: jinja2.Template, error: BaseException) -> int:
    """Tell the line of the source that an error of `run` came from; 0 when unknown."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is template.root_render_func.__code__:
            line = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return line


def _names(tree: nodes.Node) -> Iterator[str]:
    return (name.name for name in tree.find_all(nodes.Name) if name.ctx == "load")


def _refuse(tree: nodes.Template, source: str) -> Iterator[Refusal]:
    lines = source.split("\n")
    for line_number, line in enumerate(lines, start=1):
        for column, character in enumerate(line, start=1):
            if ord(character) >= FIRST_SLOT or character < "\t":
                yield Refusal(line_number, column, "it holds a character that cannot be shown")
    for node, sentence, word in _walk(tree, frozenset(), 0):
        number = node.lineno or 0  # some nodes have none, whatever their type says
        line = lines[number - 1] if 0 < number <= len(lines) else ""
        yield Refusal(number, line.find(word) + 1 if word else 0, sentence)


def _walk(
    node: nodes.Node, loop_names: frozenset[str], depth: int
) -> Iterator[tuple[nodes.Node, str, str]]:
    """Give each node that is not allowed, why, and a word of it to look for in its line."""
    if depth > _DEEPEST:
        yield node, "it is nested too deeply", ""
        return
    yield from _refuse_node(node, loop_names)
    if not isinstance(node, _ALLOWED):
        return
    if isinstance(node, nodes.For):
        yield from _walk(node.iter, loop_names, depth + 1)
        inner = loop_names | {"loop", getattr(node.target, "name", "")}
        children: Sequence[nodes.Node] = (*node.body, *node.else_)
    else:
        inner, children = loop_names, tuple(node.iter_child_nodes())
    for child in children:
        yield from _walk(child, inner, depth + 1)


def _refuse_node(
    node: nodes.Node, loop_names: frozenset[str]
) -> Iterator[tuple[nodes.Node, str, str]]:
    match node:
        case nodes.For():
            yield from _refuse_loop(node, loop_names)
        case nodes.Name(name=name) if name not in (*FACTS, *loop_names):
            nearest = difflib.get_close_matches(name, (*FACTS, *loop_names), n=1)
            hint = (
                f"did you mean `{nearest[0]}`?" if nearest else f"there are: {', '.join(FACTS)}"
            )
            yield node, f"there is no fact `{name}`; {hint}", name
        case nodes.Filter(name=name) if name not in FILTERS:
            nearest = difflib.get_close_matches(name, FILTERS, n=1)
            hint = (
                f"did you mean `{nearest[0]}`?"
                if nearest
                else f"there are: {', '.join(FILTERS)}"
            )
            yield node, f"there is no filter `{name}`; {hint}", name
        case nodes.Filter(name=name) if not _is_plain(node):
            yield node, f"`{name}` is not used this way", name
        case nodes.Getattr(attr=attr):
            of = getattr(node.node, "name", None)
            if of != "loop" or "loop" not in loop_names or attr not in _LOOP_FIELDS:
                yield node, f"`.{attr}` is not allowed; a fact is used by its plain name", attr
        case nodes.Const(value=str(text)) if len(text) > _LONGEST_TEXT:
            yield node, f"a text in quotes is longer than {_LONGEST_TEXT} characters", ""
        case _ if not isinstance(node, _ALLOWED):
            what = _WORDS_FOR.get(type(node), f"`{type(node).__name__.lower()}`")
            yield node, f"{what} is not allowed in a template", ""
        case _:
            pass


def _is_plain(node: nodes.Filter) -> bool:
    """A value, and for join the text to put in between; join can look up attributes, too."""
    texts = [arg.value for arg in node.args if isinstance(arg, nodes.Const)]
    return (
        node.node is not None
        and not (node.kwargs or node.dyn_args or node.dyn_kwargs)
        and len(texts) == len(node.args) <= (1 if node.name == "join" else 0)
        and all(isinstance(text, str) for text in texts)
    )


def _refuse_loop(
    node: nodes.For, loop_names: frozenset[str]
) -> Iterator[tuple[nodes.Node, str, str]]:
    if loop_names:
        yield node, "a loop inside a loop is not allowed", "for"
    if node.recursive or node.test:
        yield node, "a plain `for x in list` is all that is allowed", "for"
    if not isinstance(node.target, nodes.Name) or node.target.name in (*FACTS, "loop"):
        yield node, "the name in a loop must be one name, and not that of a fact", "for"
    source = node.iter
    if isinstance(source, nodes.Filter) and source.name == "word" and source.node is not None:
        source = source.node
    if not isinstance(source, nodes.Name) or source.name not in LISTS:
        yield node, f"a loop goes over one of the lists: {', '.join(LISTS)}", "in "
