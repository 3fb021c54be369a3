import dataclasses
import html
import re
from pathlib import Path

import pytest

from worker.adapters.render import LARGEST_ANSWER, Templates
from worker.adapters.template_files import Complaint, shipped_folder
from worker.domain.facts import BLOCKS, EVENTS, SAMPLES, Facts
from worker.domain.judgement import Urgency
from worker.errors import ConfigError, Permanent

SHIPPED = Templates(None)
FULL = SAMPLES["full"]

HOSTILE_TEXTS = [
    pytest.param("{{ 7 * 191 }} {% for x in y %}", id="Jinja"),
    pytest.param("<script>alert(1)</script><img src=x onerror=y>", id="HTML"),
    pytest.param(
        '"><a href="https://evil.example">here</a>', id="HTML that leaves an attribute"
    ),
    pytest.param(
        "[click](https://evil.example) ![x](https://evil.example/p.png)", id="Markdown"
    ),
    pytest.param(
        "https://evil.example/x www.evil.example evil.example a@evil.example", id="links"
    ),
    pytest.param(
        "<https://evil.example> [a]: https://evil.example", id="autolink and reference"
    ),
    pytest.param("# Big\n\n- list\n\n```\ncode\n```\n\n---\n**x**", id="Markdown blocks"),
    pytest.param("a\r\nBcc: victim@evil.example\r\n\r\nbody", id="header breaks"),
    pytest.param("a\u2028b\u2029c\x0bd\x0ce\x1cf\x85g\x00h", id="other line breaks"),
    pytest.param(
        "\u202eevil\u202c \u2066x\u2069 \u200b\u200d\ufeff\u00ad", id="bidi, zero width"
    ),
    pytest.param("\U000f0000\U000f0001\ue000 slots", id="the characters of slots"),
    pytest.param("x" * 100_000, id="100 kB"),
    pytest.param("https://" + "evil." * 20_000, id="100 kB of link"),
    pytest.param("\ud800 lone surrogate", id="lone surrogate"),
    pytest.param("&lt;b&gt; &amp; &#x3c;", id="entities"),
]


def visible(page: str) -> list[str]:
    """The words of an HTML page as a person reads them."""
    body = re.sub(r"</?(?:strong|em)>", "", page[page.index("<body") :])
    return html.unescape(re.sub(r"<[^>]*>", " ", body)).split()


def own_folder(tmp_path: Path, **files: str) -> Path:
    """A desk's folder; names are like en__received."""
    for name, text in files.items():
        path = tmp_path / (name.replace("__", "/").replace("zh_Hans", "zh-Hans") + ".md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def received(body: str, subject: str = "Hello [#{{ ticket_number }}]") -> str:
    return f"---\nsubject: '{subject}'\n---\n{body}\n"


def errors_of(complaints: tuple[Complaint, ...]) -> list[str]:
    return [str(complaint) for complaint in complaints if complaint.is_error]


# What customers bring


@pytest.mark.parametrize("hostile", HOSTILE_TEXTS)
@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_customer_text_brings_neither_markup_nor_links_nor_lines(
    hostile: str, language: str
) -> None:
    facts = dataclasses.replace(
        FULL,
        subject=hostile,
        customer_name=hostile,
        identifiers=(hostile,),
        missing=(hostile, "txid"),
        secret_kinds=(hostile,),
        blocks=("secret", "missing", "safety"),
    )
    rendered = SHIPPED.render(facts, language=language)
    harmless = SHIPPED.render(
        dataclasses.replace(facts, subject="s", customer_name="n", identifiers=("i",)),
        language=language,
    )
    assert (
        re.findall(r"<[a-z/]+", rendered.html)[:5] == re.findall(r"<[a-z/]+", harmless.html)[:5]
    )
    assert not re.search(r"<(script|img|a|h1|pre|hr)\b", rendered.html)
    assert not re.search(r"https?:/|www\.\S|@\w+\.\S", rendered.text + rendered.html)
    assert "evil.example" not in rendered.text + rendered.html + rendered.subject
    assert "1337" not in rendered.text
    assert len(rendered.subject) <= 200
    assert len(rendered.text) < 10_000
    for text in (rendered.subject, rendered.text, rendered.html):
        assert not re.search(
            "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b\ufeff\ud800]"
            "|[\ue000\U000f0000-\U0010ffff]",
            text,
        )
    assert "\n" not in rendered.subject


def test_customer_text_stands_as_it_was_written_in_the_text_part() -> None:
    facts = dataclasses.replace(FULL, subject="*100* <USDT> & [3.5] _not_ there `x`")
    assert (
        "*100* <USDT> & [3.5] _not_ there `x`" in SHIPPED.render(facts, language="en").subject
    )


def test_neutral_answer_holds_nothing_that_the_mail_brought() -> None:
    facts = dataclasses.replace(
        FULL,
        subject="UNSEEN-1",
        customer_name="UNSEEN-2",
        identifiers=("UNSEEN-3",),
        secret_kinds=("card",),
        is_neutral=True,
    )
    rendered = SHIPPED.render(facts, language="en")
    assert "UNSEEN" not in rendered.subject + rendered.text + rendered.html
    assert "K7M4-2QXD" in rendered.text
    assert "K7M4-2QXD" in rendered.subject


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant", "es"])
@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_text_and_html_say_the_same(event: str, sample: str, language: str) -> None:
    rendered = SHIPPED.preview(event, language, sample)
    text = re.sub(r"^(\d+\.|-) ", "", rendered.text, flags=re.MULTILINE)
    assert visible(rendered.html) == text.split()
    assert rendered.language == language
    assert f'<html lang="{language}" dir="ltr">' in rendered.html


# Order and choice


def test_blocks_stand_in_the_one_order_whatever_order_they_are_asked_for_in() -> None:
    blocks = ("safety", "missing", "secret", "critical")
    facts = dataclasses.replace(FULL, blocks=blocks, secret_kinds=("otp",))
    text = SHIPPED.render(facts, language="en").text
    places = [
        text.index(words)
        for words in (
            "Li Wei",
            "act now",
            "(one-time code)",
            "Thank you",
            "reply to this mail with",
        )
    ]
    places += [text.index("Please stay safe"), text.index("Kind regards")]
    assert places == sorted(places)


def test_word_to_somebody_in_despair_stands_first() -> None:
    blocks = ("safety", "secret", "critical", "self_harm")
    facts = dataclasses.replace(FULL, blocks=blocks, secret_kinds=("otp",))
    text = SHIPPED.render(facts, language="en").text
    words = ("Li Wei", "emergency services", "act now", "(one-time code)", "Thank you")
    places = [text.index(word) for word in words]
    assert places == sorted(places)


def test_urgent_blocks_drop_the_articles(tmp_path: Path) -> None:
    folder = own_folder(tmp_path, en__blocks__articles="Read our help centre.")
    templates = Templates(folder)
    calm = dataclasses.replace(FULL, blocks=("articles", "safety"))
    urgent = dataclasses.replace(FULL, blocks=("critical", "articles", "safety"))
    assert "help centre" in templates.render(calm, language="en").text
    assert "help centre" not in templates.render(urgent, language="en").text


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh-HK", "zh-Hant"),
        ("zh-TW", "zh-Hant"),
        ("zh-Hant-MO", "zh-Hant"),
        ("ZH_hans", "zh-Hans"),
        ("es-MX", "es"),
        ("fi", "es"),
        ("und", "es"),
        ("", "es"),
        ("../../etc", "es"),
    ],
)
def test_nearest_language_is_chosen_and_the_desk_default_otherwise(
    asked: str, got: str
) -> None:
    assert Templates(None, default_language="es").render(FULL, language=asked).language == got


def test_traditional_falls_back_to_simplified_before_english(tmp_path: Path) -> None:
    folder = own_folder(tmp_path, zh_Hans__blocks__out_of_hours="通知")
    facts = dataclasses.replace(FULL, blocks=("out_of_hours", "safety"))
    rendered = Templates(folder).render(facts, language="zh-HK")
    assert rendered.language == "zh-Hant"
    assert "通知" in rendered.text


def test_version_changes_with_the_words_only(tmp_path: Path) -> None:
    first = SHIPPED.render(FULL, language="en").version
    other = Templates(own_folder(tmp_path, en__parts__greeting="Dear customer,"))
    assert SHIPPED.render(SAMPLES["long"], language="en").version == first
    assert other.render(FULL, language="en").version != first


# What admins bring


def test_forbidden_syntax_is_told_and_the_shipped_template_answers(tmp_path: Path) -> None:
    source = "Hello there.\n\n{% for x in range(9) %}x{% endfor %}"
    templates = Templates(own_folder(tmp_path, en__received=received(source)))
    errors = errors_of(templates.lint())
    assert errors
    assert all(f"{tmp_path / 'en' / 'received.md'}:6" in error for error in errors)
    assert "Thank you for writing" in templates.render(FULL, language="en").text


@pytest.mark.parametrize(
    ("source", "line", "column", "words"),
    [
        pytest.param("a\n\nb {{ subjct }}", 6, 6, "did you mean `subject`", id="misspelt fact"),
        pytest.param(
            "{{ missing | jion }}", 4, 14, "did you mean `join`", id="misspelt filter"
        ),
        pytest.param("a\n{% if x %}", 5, 0, "end of template", id="open block"),
        pytest.param("{{ subject }}", 4, 0, "around it (sample: neutral)", id="empty fact"),
        pytest.param("{{ missing }}", 4, 0, "list", id="prints a list"),
        pytest.param("{% if subject %}a{% endif %}", 0, 0, "says nothing", id="empty text"),
        pytest.param("x [a](http://a.example)", 4, 5, "https://", id="plain http link"),
        pytest.param("x [a](javascript:alert)", 4, 5, "https://", id="script link"),
        pytest.param("x\n\nhttps://evil.example/", 6, 1, "evil.example", id="foreign link"),
        pytest.param(
            "[a](https://x@evil.example)", 4, 3, "evil.example", id="userinfo in link"
        ),
        pytest.param("[a]({{ ticket_number }})", 4, 3, "https://", id="fact as link"),
    ],
)
def test_lint_says_where_and_what(
    source: str, line: int, column: int, words: str, tmp_path: Path
) -> None:
    folder = own_folder(tmp_path, en__received=received(source))
    complaints = Templates(folder, link_hosts=("exchange.example",)).lint()
    own = [c for c in complaints if c.file == str(folder / "en" / "received.md") and c.is_error]
    assert own
    assert words in own[0].sentence
    assert (own[0].line, own[0].column) == (line, column)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("Hello", "no subject", id="no front matter"),
        pytest.param("---\nsubject: ''\n---\nHello", "no subject", id="empty subject"),
        pytest.param("---\nsubject: |\n  a\n  b\n---\nHello", "one line", id="two lines"),
        pytest.param("---\nsubject: [a\n---\nHello", "no YAML", id="broken YAML"),
        pytest.param("---\nsubject: 5\n---\nHello", "texts in quotes", id="a number"),
        pytest.param("---\n- a\n---\nHello", "name: text", id="a list"),
        pytest.param("---\nsubjekt: a\nsubject: b\n---\nHello", "front matter", id="misspelt"),
        pytest.param(
            "---\nsubject: '{{ subjct }}'\n---\nHello", "did you mean", id="wrong fact"
        ),
        pytest.param(
            "---\nsubject: '{% if subject %}a{% endif %}'\n---\nHello", "empty", id="none"
        ),
        pytest.param("x" * 40_000, "larger than", id="large file"),
    ],
)
def test_lint_reads_the_front_matter(text: str, words: str, tmp_path: Path) -> None:
    folder = own_folder(tmp_path, en__received=text)
    assert any(words in error for error in errors_of(Templates(folder).lint()))


def test_yaml_bomb_is_refused_at_once(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)
    )
    folder = own_folder(tmp_path, en__received=f"---\n{bomb}subject: s\n---\nHello")
    (folder / "en" / "words.yml").write_text(bomb)
    assert len(errors_of(Templates(folder).lint())) == 2


def test_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    folder = own_folder(tmp_path, en__received="")
    (folder / "en" / "received.md").write_bytes("---\nsubject: 你\n---\n好".encode("gb18030"))
    assert any("not UTF-8" in error for error in errors_of(Templates(folder).lint()))


def test_links_to_the_desk_hosts_are_fine(tmp_path: Path) -> None:
    source = "[help](https://help.exchange.example/a?b=1) <mailto:support@exchange.example>"
    folder = own_folder(tmp_path, en__received=received(source))
    templates = Templates(folder, link_hosts=("exchange.example",))
    rendered = templates.render(FULL, language="en")
    assert not errors_of(templates.lint())
    assert "help (https://help.exchange.example/a?b=1) mailto:" in rendered.text
    assert '<a href="https://help.exchange.example/a?b=1">help</a>' in rendered.html


def test_lint_tells_how_the_languages_differ(tmp_path: Path) -> None:
    folder = own_folder(tmp_path, fr__received=received("Bonjour {{ desk_name }}"))
    sentences = [str(complaint) for complaint in Templates(folder).lint()]
    assert any("it is missing in fr" in sentence for sentence in sentences)
    assert any("it uses desk_name and it does not use" in sentence for sentence in sentences)


def test_huge_answer_is_refused(tmp_path: Path) -> None:
    loop = "{% for x in missing %}" + "word " * 6000 + "{% endfor %}"
    templates = Templates(own_folder(tmp_path, en__received=received(loop)))
    facts = dataclasses.replace(FULL, missing=("txid", "uid") * 10)
    with pytest.raises(Permanent, match=f"larger than {LARGEST_ANSWER}"):
        templates.render(facts, language="en")


def test_render_error_names_file_line_and_reason(tmp_path: Path) -> None:
    templates = Templates(own_folder(tmp_path, en__received=received("Hello\n\n{{ subject }}")))
    facts = dataclasses.replace(FULL, subject=None)
    with pytest.raises(Permanent, match=r"received\.md:6 cannot be rendered: it prints a fact"):
        templates.render(facts, language="en")


def test_folder_that_does_not_exist_is_a_fault_of_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere does not exist"):
        Templates(tmp_path / "nowhere")


def test_template_that_is_nowhere_is_told_by_file_and_folder() -> None:
    facts = dataclasses.replace(FULL, blocks=("out_of_hours",))
    with pytest.raises(
        Permanent, match=r"out_of_hours\.md for en: none of the languages en .*templates"
    ):
        SHIPPED.render(facts, language="en")
    with pytest.raises(Permanent, match="no block wrong"):
        SHIPPED.render(dataclasses.replace(FULL, blocks=("wrong",)), language="en")


# Reloading


def test_changed_file_is_taken_in(tmp_path: Path) -> None:
    folder = own_folder(tmp_path, en__received=received("First."))
    templates = Templates(folder)
    assert "First." in templates.render(FULL, language="en").text
    own_folder(tmp_path, en__received=received("Second."))
    assert templates.reload() == ()
    assert "Second." in templates.render(FULL, language="en").text


@pytest.mark.parametrize(
    "broken", ["no front matter", received("{{ nothing }}"), received("{{ subject }}"), ""]
)
def test_broken_file_keeps_its_last_good_version_and_is_reported(
    broken: str, tmp_path: Path
) -> None:
    folder = own_folder(tmp_path, en__received=received("First."))
    templates = Templates(folder)
    own_folder(tmp_path, en__received=broken)
    assert errors_of(templates.reload())
    assert "First." in templates.render(FULL, language="en").text
    assert errors_of(templates.reload())
    own_folder(tmp_path, en__received=received("Third."))
    assert templates.reload() == ()
    assert "Third." in templates.render(FULL, language="en").text


def test_removed_file_gives_way_to_the_shipped_one(tmp_path: Path) -> None:
    folder = own_folder(tmp_path, en__received=received("First."))
    templates = Templates(folder)
    (folder / "en" / "received.md").unlink()
    assert templates.reload() == ()
    assert "Thank you for writing" in templates.render(FULL, language="en").text


def test_own_words_come_before_the_shipped_ones(tmp_path: Path) -> None:
    folder = own_folder(tmp_path, en__received=received("Hi."))
    (folder / "en" / "words.yml").write_text("txid: 'the famous hash'\n")
    text = Templates(folder).render(FULL, language="en").text
    assert "- the famous hash\n- the network (chain)" in text


def test_list_tells_origin_and_state(tmp_path: Path) -> None:
    folder = own_folder(tmp_path, en__received="broken")
    rows = [
        (row.origin, row.is_ok)
        for row in Templates(folder).list_templates()
        if (row.name, row.language) == ("received", "en")
    ]
    assert rows == [("own", False), ("shipped", True)]


def test_preview_of_an_unknown_sample_says_what_there_is() -> None:
    with pytest.raises(Permanent, match="samples: full"):
        SHIPPED.preview("received", "en", "nothing")


def test_shipped_folder_has_every_event() -> None:
    assert all((shipped_folder() / "en" / f"{event}.md").is_file() for event in EVENTS)
    assert set(BLOCKS) >= {"critical", "secret", "missing", "safety"}


def test_urgency_changes_what_we_say_that_we_do() -> None:
    texts = {
        SHIPPED.render(dataclasses.replace(FULL, urgency=urgency), language="en").text
        for urgency in Urgency
    }
    assert len(texts) == 3


def test_right_to_left_languages_say_so(tmp_path: Path) -> None:
    templates = Templates(own_folder(tmp_path, ar__received=received("مرحبا")))
    assert 'lang="ar" dir="rtl"' in templates.render(FULL, language="ar").html


def test_facts_of_an_answer_survive_the_row_that_stores_them() -> None:
    for facts in SAMPLES.values():
        assert Facts.from_dict(facts.to_dict()) == facts
