import random
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest
from mnemonic import Mnemonic

from tests.builders import a_config, a_mail
from worker.domain.judgement import Urgency
from worker.domain.message import Kind
from worker.mail.settings import ParseSettings
from worker.pipeline.read import ReadSettings, read_mail, read_mails, seal_pair
from worker.pipeline.read_settings import read_settings
from worker.rules import load
from worker.rules.labelled import make_value

SETTINGS = ReadSettings(parse=ParseSettings(), rules=None)
PHRASE = Mnemonic("english").to_mnemonic(bytes(range(5, 21)))


def test_reading_holds_the_sealed_mail_and_its_judgement() -> None:
    reading = read_mail(a_mail(), SETTINGS)
    assert reading.message.message_id == "first@customer.example"
    assert reading.judgement.language == "en"
    assert reading.secret_kinds == ()


def test_secrets_are_sealed_wherever_they_stand() -> None:
    raw = a_mail(f"My phrase is {PHRASE}\n", subject=f"Look: {PHRASE}")
    reading = read_mail(raw, SETTINGS)
    assert reading.secret_kinds == ("mnemonic",)
    assert PHRASE[:30] not in repr(reading)


def test_html_stays_in_the_raw_mail() -> None:
    raw = a_mail(fields={"Content-Type": "text/html; charset=utf-8"})
    reading = read_mail(raw, SETTINGS)
    assert (reading.message.html, reading.message.html_text) == ("", "")


def test_names_of_files_are_kept_short_on_a_ticket(tmp_path: Path) -> None:
    name = "截" * 100 + ".png"
    raw = (
        b"From: li.wei@customer.example\nContent-Type: image/png\n"
        b"Content-Disposition: attachment; filename*=utf-8''"
        + "".join(f"%{octet:02X}" for octet in name.encode()).encode()
        + b"\n\nx"
    )
    (found,) = read_mail(raw, read_settings(a_config(tmp_path))).message.attachments
    assert found.filename == "截" * 48 + ".png"


def test_several_mails_are_read_in_order() -> None:
    raws = [a_mail(message_id=f"{number}@customer.example") for number in range(3)]
    found = [reading.message.message_id for reading in read_mails(raws, SETTINGS)]
    assert found == ["0@customer.example", "1@customer.example", "2@customer.example"]


def test_same_bytes_give_the_same_reading() -> None:
    assert read_mail(a_mail(), SETTINGS) == read_mail(a_mail(), SETTINGS)


@pytest.mark.parametrize("is_trusted", [True, False])
def test_spam_headers_count_only_where_the_configuration_says_so(
    tmp_path: Path, is_trusted: bool
) -> None:
    desk = {"domain": "desk.example", "trust_spam_headers": is_trusted}
    settings = read_settings(a_config(tmp_path, desk=desk))
    flagged = b"X-Spam-Flag: YES\r\n" + a_mail()
    assert (read_mail(flagged, settings).message.kind is Kind.SPAM) is is_trusted


def a_mail_with(content: bytes, *, label: str, name: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "Anna <anna@customer.example>", "Question"
    mail["Message-ID"] = "<with-file@customer.example>"
    mail.set_content("How do I change my display name? The file tells more.")
    maintype, _, subtype = label.partition("/")
    mail.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return mail.as_bytes()


@pytest.mark.parametrize(
    ("content", "label", "name"),
    [
        pytest.param(PHRASE.encode(), "text/plain", "notes.txt", id="txt"),
        pytest.param(PHRASE.encode("utf-16"), "text/plain", "notes.txt", id="utf-16"),
        pytest.param(f"seed,{PHRASE}\n".encode(), "text/csv", "export.csv", id="csv"),
        pytest.param(
            f'{{"seed": "{PHRASE}"}}'.encode(), "application/json", "a.json", id="json"
        ),
        pytest.param(PHRASE.encode(), "application/octet-stream", "wallet", id="unlabelled"),
        pytest.param(PHRASE.encode(), "application/octet-stream", "wallet.env", id="ending"),
    ],
)
def test_a_secret_in_a_text_file_is_told_but_its_text_is_kept_nowhere(
    content: bytes, label: str, name: str
) -> None:
    reading = read_mail(a_mail_with(content, label=label, name=name), SETTINGS)
    assert reading.secret_kinds == ("mnemonic",)
    assert reading.judgement.urgency.rank >= Urgency.HIGH.rank
    assert PHRASE[:20] not in repr(reading)


def test_the_urgency_of_a_harmless_file_is_that_of_the_words() -> None:
    raw = a_mail_with(b"12:00 gateway answered 200\n" * 99, label="text/plain", name="a.log")
    reading = read_mail(raw, SETTINGS)
    assert reading.secret_kinds == ()
    assert reading.judgement.urgency.rank < Urgency.HIGH.rank


def test_a_secret_in_the_name_of_a_file_counts_like_one_in_the_text() -> None:
    raw = a_mail_with(b"%PDF-1.7\n", label="application/pdf", name=f"{PHRASE}.pdf")
    reading = read_mail(raw, SETTINGS)
    assert reading.secret_kinds == ("mnemonic",)
    assert reading.judgement.urgency.rank >= Urgency.HIGH.rank
    assert PHRASE[:20] not in repr(reading)


def test_a_secret_in_an_attached_mail_is_told_but_its_text_is_kept_nowhere() -> None:
    inner = a_mail(f"My phrase is {PHRASE}\n", message_id="inner@customer.example")
    outer = EmailMessage()
    outer["From"], outer["Subject"] = "Anna <anna@customer.example>", "Forwarded"
    outer.set_content("See what I wrote.")
    outer.add_attachment(message_from_bytes(inner))
    reading = read_mail(outer.as_bytes(), SETTINGS)
    assert reading.secret_kinds == ("mnemonic",)
    assert PHRASE[:20] not in repr(reading)


def test_a_phrase_in_quoted_lines_leaves_no_word_in_what_the_writer_says() -> None:
    lines = "\n".join(f"> {word}" for word in PHRASE.split())
    reading = read_mail(a_mail(f"my seed: {lines}\nhelp\n"), SETTINGS)
    assert not set(PHRASE.split()) & set(reading.message.reply_text.split())


@pytest.mark.parametrize("count", range(1, 12))
def test_a_phrase_that_begins_in_the_subject_and_ends_in_the_text_leaves_no_word(
    count: int,
) -> None:
    words = PHRASE.split()
    rest = " ".join(words[count:])
    raw = a_mail(
        f"{rest}\n\nMy UID: 20481937\n\n> An older mail.\n",
        subject=f"My seed: {' '.join(words[:count])}",
    )
    reading = read_mail(raw, SETTINGS)
    message = reading.message
    for text in (message.body_text, message.reply_text, message.subject):
        assert not set(words) & set(text.split())
    assert "[removed: mnemonic" in message.subject
    assert message.reply_text == "My UID: 20481937"
    assert "mnemonic" in reading.secret_kinds


@pytest.mark.parametrize(
    ("subject", "body", "kind", "value"),
    [
        ("your verification code:", "482913", "otp", "482913"),
        ("My passport number is", "X1234567", "id_number", "X1234567"),
        ("my password is", "Hunter2!x", "password", "Hunter2!x"),
    ],
    ids=["code", "passport", "password"],
)
def test_secret_of_any_kind_that_spans_subject_and_text_is_sealed(
    subject: str, body: str, kind: str, value: str
) -> None:
    sealed_subject, sealed_body, kinds = seal_pair(subject, body, load())
    assert kind in kinds
    assert value not in f"{sealed_subject}{sealed_body}"


def test_texts_without_a_secret_are_left_as_they_are() -> None:
    assert seal_pair("my order", "is late", load()) == ("my order", "is late", ())


def test_nothing_of_a_secret_cut_by_a_quote_is_kept_or_shown() -> None:
    made_up = (make_value("PRIVKEY", random.Random(seed)) for seed in range(99))
    whole = next(value for value in made_up if len(value) == 52)  # as wallets write it
    key = (whole[:30], whole[30:])
    body = f"482913\nmy private key is\n{key[0]}\n> {key[1]}\n> hi\n"
    settings = ReadSettings(parse=ParseSettings(), rules=None, shown_characters=4000)
    reading = read_mail(a_mail(body, subject="your verification code:"), settings)
    message = reading.message
    kept = f"{message.subject}{message.body_text}{message.reply_text}{reading.shown}"
    assert not any(secret in kept for secret in ("482913", *key))
