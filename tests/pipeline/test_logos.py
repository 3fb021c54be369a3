"""A logo that comes with every mail of a company is decoration, no screenshot."""

from email import policy
from email.parser import BytesParser

from tests.builders import a_mail
from tests.pipeline.conftest import Build
from tests.pipeline.house import House, Row

LOGO = b"\x89PNG\r\n\x1a\n" + b"logo" * 2500
SHOT = b"\x89PNG\r\n\x1a\n" + b"shot" * 2500
DEPOSIT = "I sent 20 USDT to you this morning and the deposit is not there.\n"
CARD = "My card was charged by mistake, please return the money.\n"
LOCKED = "I cannot log in any more, the page says that my account is locked.\n"


def with_pictures(body: str, number: int, *pictures: bytes, sender: str = "") -> bytes:
    raw = a_mail(
        body,
        sender=sender or f"Person {number} <person{number}@company.example>",
        subject=f"Matter {number}",
        message_id=f"{number}@company.example",
    )
    mail = BytesParser(policy=policy.SMTP).parsebytes(raw)
    for place, picture in enumerate(pictures, 1):
        mail.add_attachment(  # type: ignore[attr-defined]
            picture, maintype="image", subtype="png", filename=f"image{place:03}.png"
        )
    return mail.as_bytes()


def missing(house: House) -> list[object]:
    """What the last answer asks for."""
    facts: Row = house.rows("answers")[-1]["facts"]
    return list(facts["missing"])


def decorations(house: House) -> list[bool]:
    return [row["is_decoration"] for row in house.rows("attachments")]


def test_the_first_picture_of_a_sender_is_a_screenshot(house: House) -> None:
    house.take(with_pictures(DEPOSIT, 1, LOGO))
    assert "screenshot" not in missing(house)
    assert decorations(house) == [False]


def test_a_logo_seen_on_two_tickets_of_the_company_is_no_screenshot(house: House) -> None:
    house.take(with_pictures(CARD, 1, LOGO))
    house.take(with_pictures(LOCKED, 2, LOGO))
    house.take(with_pictures(DEPOSIT, 3, LOGO))
    assert "screenshot" in missing(house)
    assert decorations(house) == [False, False, True]


def test_a_logo_is_known_within_one_batch(house: House) -> None:
    house.take(
        with_pictures(CARD, 1, LOGO),
        with_pictures(LOCKED, 2, LOGO),
        with_pictures(DEPOSIT, 3, LOGO),
    )
    assert house.reader.batches == [3]
    assert decorations(house) == [False, False, True]


def test_a_screenshot_beside_the_logo_counts(house: House) -> None:
    house.take(with_pictures(CARD, 1, LOGO))
    house.take(with_pictures(LOCKED, 2, LOGO))
    house.take(with_pictures(DEPOSIT, 3, LOGO, SHOT))
    assert "screenshot" not in missing(house)
    assert decorations(house) == [False, False, True, False]


def test_the_same_picture_of_strangers_at_a_mail_host_is_no_logo(house: House) -> None:
    for number, body in enumerate((CARD, LOCKED, DEPOSIT), 1):
        house.take(with_pictures(body, number, LOGO, sender=f"p{number}@gmail.com"))
    assert "screenshot" not in missing(house)
    assert decorations(house) == [False, False, False]


def test_a_signature_of_the_mail_makes_no_row(build: Build) -> None:
    house = build()
    raw = a_mail(DEPOSIT)
    head, _, body = raw.partition(b"\n\n")
    kept = [line for line in head.split(b"\n") if not line.lower().startswith(b"content-")]
    signed = (
        b"\n".join(kept)
        + b"\nContent-Type: multipart/signed; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
        + body
        + b'\n--b\nContent-Type: application/pkcs7-signature; name="smime.p7s"\n'
        + b"Content-Transfer-Encoding: base64\n\nMIAG\n--b--\n"
    )
    (outcome,) = house.take(signed)
    assert outcome.outcome == "opened"
    assert house.rows("attachments") == []
