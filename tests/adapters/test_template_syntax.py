from dataclasses import asdict

import pytest

from worker.adapters import template_syntax
from worker.adapters.template_syntax import Compiled
from worker.domain.facts import SAMPLES

VALUES = asdict(SAMPLES["full"])

FORBIDDEN = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ subject.__class__ }}",
    "{{ subject | attr('__class__') }}",
    "{{ missing | map('upper') | join }}",
    "{{ missing | join(', ', 'upper') }}",
    "{{ missing | join(attribute='__class__') }}",
    "{{ missing | join(*missing) }}",
    "{{ '{0.__class__}'.format(subject) }}",
    "{{ '%s' | format(subject) }}",
    "{{ 'a' * 1000000000 }}",
    "{{ 2 ** 100000000 }}",
    "{{ 1 + 1 }}",
    "{{ 'a' ~ 'b' }}",
    "{{ 'a' | center(1000000000) }}",
    "{{ subject | wordwrap(1) }}",
    "{{ subject | replace('a', 'b') }}",
    "{{ lipsum.__globals__.os.popen('id').read() }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ self }}",
    "{{ self.__init__ }}",
    "{{ config }}",
    "{{ range(10) }}",
    "{{ missing[0] }}",
    "{{ missing[0:1] }}",
    "{{ [1, 2] }}",
    "{{ (1, 2) }}",
    "{{ {'a': 1} }}",
    "{{ subject is callable }}",
    "{{ -1 }}",
    "{{ loop.index }}",
    "{{ ' slots' }}{{ blocks }}",
    "{% for x in range(1000000000) %}x{% endfor %}",
    "{% for x in subject %}x{% endfor %}",
    "{% for x in 'abc' %}x{% endfor %}",
    "{% for x in missing %}{% for y in missing %}x{% endfor %}{% endfor %}",
    "{% for x in missing recursive %}{{ loop(missing) }}{% endfor %}",
    "{% for x in missing if x %}x{% endfor %}",
    "{% for x, y in missing %}x{% endfor %}",
    "{% for subject in missing %}x{% endfor %}",
    "{% for x in missing %}{{ loop.__init__ }}{% endfor %}",
    "{% for x in missing %}{{ loop.cycle('a') }}{% endfor %}",
    "{% set x = 1 %}",
    "{% set x %}a{% endset %}",
    "{% with x = 1 %}{% endwith %}",
    "{% macro m() %}{% endmacro %}",
    "{% call m() %}{% endcall %}",
    "{% include '/etc/passwd' %}",
    "{% import 'x' as y %}",
    "{% from 'x' import y %}",
    "{% extends 'x' %}",
    "{% block b %}{% endblock %}",
    "{% filter upper %}x{% endfilter %}",
    "{% autoescape false %}x{% endautoescape %}",
    "{% debug %}",
    "{% if subject %}",
    "{{ subject",
    "{{ subjct }}",
    "{{ '" + "a" * 300 + "' }}",
    "{% if " + "(" * 5000 + "subject" + ")" * 5000 + " %}x{% endif %}",
    "{% if subject %}" * 200 + "x" + "{% endif %}" * 200,
    "{% if " + "not " * 5000 + "subject %}x{% endif %}",
    "slot \U000f0000",
    "nul \x00",
]


@pytest.mark.parametrize("source", FORBIDDEN, ids=lambda source: source[:50])
def test_forbidden_syntax_is_refused(source: str) -> None:
    refusals = template_syntax.compile_source("Hello there.\n\n" + source)
    assert isinstance(refusals, tuple)
    assert all(refusal.sentence and refusal.line in (0, 1, 3) for refusal in refusals)


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        pytest.param(
            "{% for x in missing %}{{ loop.index }}{{ x }}{% if not loop.last %},{% endif %}"
            "{% endfor %}",
            ["1", "txid", "2", "network", "3", "time"],
            id="loop",
        ),
        pytest.param(
            "{% if 'txid' in missing and urgency == 'normal' or not subject %}{{ desk_name }}"
            "{% else %}b{% endif %}",
            ["Example Exchange Support"],
            id="conditions",
        ),
        pytest.param(
            "{{ missing | length }}{{ missing | word | first }}{{ missing | last | word }}",
            ["3", "the hash", "time"],
            id="filters",
        ),
        pytest.param(
            "{{ missing | word | join(', ') }}", ["the hash, network, time"], id="join"
        ),
        pytest.param(
            "{{ subject if subject else 'nothing' }}", [VALUES["subject"]], id="inline"
        ),
        pytest.param("{% raw %}{{ not jinja }}{% endraw %}{# a comment #}", [], id="raw"),
    ],
)
def test_plain_wording_is_allowed(source: str, texts: list[str]) -> None:
    compiled = template_syntax.compile_source(source)
    assert isinstance(compiled, Compiled)
    _, slots = template_syntax.run(compiled.template, VALUES, {"txid": "the hash"})
    assert slots == texts


def test_what_is_printed_is_no_part_of_the_markdown() -> None:
    compiled = template_syntax.compile_source("**{{ subject }}**")
    assert isinstance(compiled, Compiled)
    markdown, slots = template_syntax.run(compiled.template, {"subject": "_x_"}, {})
    assert (markdown, slots) == ("**\U000f0000**", ["_x_"])
    assert compiled.facts == {"subject"}
