"""The templates that we ship, as customers get them."""

import dataclasses
import re

import pytest

from worker.adapters.render import Templates
from worker.adapters.template_lint import NEEDED_WORDS
from worker.domain.facts import EVENTS, SAMPLES

TEMPLATES = Templates(None)
LANGUAGES = ("en", "zh-Hans", "zh-Hant", "es")
SAFETY = {
    "en": "we never ask for your password",
    "zh-Hans": "我们绝不会向您索要密码",
    "zh-Hant": "我們絕不會向您索取密碼",
    "es": "nunca pedimos su contraseña",
}


def test_lint_has_nothing_to_say() -> None:
    assert [str(complaint) for complaint in TEMPLATES.lint()] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_every_answer_holds_what_a_customer_needs(
    event: str, sample: str, language: str
) -> None:
    rendered = TEMPLATES.preview(event, language, sample)
    number = SAMPLES[sample].ticket_number
    assert rendered.subject.startswith(f"[#{number}] ")
    assert f"#{number}" in rendered.text
    assert SAMPLES[sample].desk_name in rendered.text
    assert SAFETY[language] in rendered.text
    assert "{" not in rendered.text
    assert "_" not in rendered.text, "a word of the program instead of one of the language"
    assert "\n\n\n" not in rendered.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_answer_promises_a_time(language: str) -> None:
    for event in EVENTS:
        for sample in SAMPLES:
            text = TEMPLATES.preview(event, language, sample).text
            assert not re.search(
                r"\d+ ?(hours?|days?|minutes?|小时|小時|天内|分钟|horas|días)", text
            )


@pytest.mark.parametrize("language", LANGUAGES)
def test_word_to_somebody_in_despair_invents_no_number_and_no_link(language: str) -> None:
    facts = dataclasses.replace(SAMPLES["bare"], blocks=("safety",))
    plain = TEMPLATES.render(facts, language=language).text
    facts = dataclasses.replace(facts, blocks=("self_harm", "safety"))
    added = set(TEMPLATES.render(facts, language=language).text.split("\n")) - set(
        plain.split("\n")
    )
    assert len(added) == 2
    assert not re.search(r"\d|http|@", "".join(added))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_missing_detail_and_secret_has_its_words(language: str) -> None:
    details, kinds = NEEDED_WORDS[:12], NEEDED_WORDS[12:]
    facts = dataclasses.replace(
        SAMPLES["full"],
        missing=details,
        secret_kinds=kinds,
        blocks=("secret", "missing", "safety"),
    )
    text = TEMPLATES.render(facts, language=language).text
    assert not [word for word in NEEDED_WORDS if "_" in word and word in text]
    assert len(re.findall(r"^- ", text, re.MULTILINE)) == 12 + 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_answer_asks_for_a_secret(language: str) -> None:
    text = TEMPLATES.preview("received", language, "long").text
    asked = "\n".join(re.findall(r"^- .*", text, re.MULTILINE)).lower()
    asked = re.sub(r"[(（][^)）]*[)）]", "", asked)
    assert not re.search(
        "password|private key|密码|密碼|私钥|私鑰|助记词|contraseña|clave", asked
    )


def test_simplified_text_holds_no_traditional_characters_and_the_other_way_round() -> None:
    for event in EVENTS:
        for sample in ("bare", "critical", "secret, neutral"):
            simplified = TEMPLATES.preview(event, "zh-Hans", sample).text
            traditional = TEMPLATES.preview(event, "zh-Hant", sample).text
            assert not set(simplified) & set("們來單號請郵複覆為緊們帳戶錢資產鑰據圖發證點擊")
            assert not set(traditional) & set("们来单号请邮复为紧账户钱资产钥据图发证点击")
