from pathlib import Path

import pytest
from mnemonic import Mnemonic

from tests.builders import a_config, a_mail
from worker.domain.message import Kind
from worker.mail.settings import ParseSettings
from worker.pipeline.read import ReadSettings, read_mail, read_mails
from worker.pipeline.read_settings import read_settings

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
