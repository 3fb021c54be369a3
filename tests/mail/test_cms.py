"""S/MIME signatures of every usual algorithm are checked; containers are read within bounds."""

import time
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from worker.mail.cms import check, open_container
from worker.mail.parse import parse

TEXT = b"Content-Type: text/plain\r\n\r\nMy withdrawal is stuck.\r\n"
RSA = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def a_certificate(key: Key, *names: str) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Li Wei")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2045, 1, 1, tzinfo=UTC))
    )
    if names:
        known = x509.SubjectAlternativeName([x509.RFC822Name(one) for one in names])
        made = made.add_extension(known, critical=False)
    return made.sign(key, hashes.SHA256())


def signed(
    key: Key,
    certificate: x509.Certificate,
    *options: pkcs7.PKCS7Options,
    digest: hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None = None,
    pss: padding.PSS | None = None,
) -> bytes:
    builder = pkcs7.PKCS7SignatureBuilder().set_data(TEXT)
    builder = builder.add_signer(certificate, key, digest or hashes.SHA256(), rsa_padding=pss)
    return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary, *options])


DETACHED = pkcs7.PKCS7Options.DetachedSignature
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)


@pytest.mark.parametrize(
    "container",
    [
        pytest.param(signed(RSA, a_certificate(RSA), DETACHED), id="rsa"),
        pytest.param(
            signed(RSA, a_certificate(RSA), DETACHED, digest=hashes.SHA512()), id="rsa-sha512"
        ),
        pytest.param(signed(RSA, a_certificate(RSA), DETACHED, pss=PSS), id="rsa-pss"),
        pytest.param(
            signed(CURVE, a_certificate(CURVE), DETACHED, digest=hashes.SHA384()), id="curve"
        ),
        pytest.param(
            signed(RSA, a_certificate(RSA), DETACHED, pkcs7.PKCS7Options.NoAttributes),
            id="without-attributes",
        ),
    ],
)
def test_a_signature_holds_for_its_text_and_for_no_other(container: bytes) -> None:
    assert check(container, TEXT).state == "valid"
    assert check(container, TEXT + b" ").state == "invalid"


def test_a_signature_of_another_key_does_not_hold() -> None:
    other = rsa.generate_private_key(65537, 2048)
    theirs = signed(other, a_certificate(other), DETACHED)
    mine = a_certificate(RSA).public_bytes(Encoding.DER)
    hers = a_certificate(other).public_bytes(Encoding.DER)
    assert len(mine) == len(hers)
    assert check(theirs.replace(hers, mine), TEXT).state == "invalid"


def test_a_certificate_of_an_unknown_version_raises_nothing() -> None:
    theirs = a_certificate(CURVE).public_bytes(Encoding.DER)
    odd = theirs.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09", 1)
    container = signed(CURVE, a_certificate(CURVE), DETACHED).replace(theirs[:30], odd[:30])
    assert check(container, TEXT).state in ("valid", "unverified")


def test_the_signer_is_the_address_in_the_certificate_else_its_name() -> None:
    known = signed(RSA, a_certificate(RSA, "wei@customer.example"), DETACHED)
    assert check(known, TEXT).signer == "wei@customer.example"
    assert check(signed(RSA, a_certificate(RSA), DETACHED), TEXT).signer == "Li Wei"


def test_a_signature_without_its_certificate_is_unverified() -> None:
    bare = signed(RSA, a_certificate(RSA), DETACHED, pkcs7.PKCS7Options.NoCerts)
    assert check(bare, TEXT).state == "unverified"


def test_a_container_with_its_content_is_opened() -> None:
    found = open_container(signed(RSA, a_certificate(RSA)))
    assert (found.kind, found.content) == ("signed_data", TEXT)


def test_a_container_damaged_anywhere_is_never_valid_for_another_text() -> None:
    whole = signed(CURVE, a_certificate(CURVE))
    for place in range(0, len(whole), 5):
        broken = whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :]
        found = open_container(broken)
        if found.content not in (TEXT, None):
            assert check(broken).state != "valid"
        check(broken[:place])


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"\x30\x80" * 50_000, id="deep"),
        pytest.param(b"\x30\x80" + b"\x05\x00" * 2_000_000 + b"\x00\x00", id="many"),
        pytest.param(b"\x30\x84\xff\xff\xff\xff", id="long"),
        pytest.param(b"\x1f" + b"\xff" * 1_000_000, id="endless-tag"),
        pytest.param(b"\x30\xff" + b"\xff" * 200, id="endless-length"),
    ],
)
def test_a_hostile_container_costs_little(octets: bytes) -> None:
    began = time.process_time()
    assert open_container(octets).kind == ""
    assert check(octets, TEXT).state == "unverified"
    assert time.process_time() - began < 1


def test_signed_mails_in_each_other_fifty_deep_are_read_within_bounds() -> None:
    certificate = a_certificate(CURVE)
    inner = TEXT
    for _ in range(60):
        builder = pkcs7.PKCS7SignatureBuilder().set_data(inner)
        builder = builder.add_signer(certificate, CURVE, hashes.SHA256())
        container = builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])
        inner = (
            b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n"
            b"Content-Transfer-Encoding: binary\r\n\r\n" + container
        )
    message = parse(b"From: a@b.example\r\n" + inner)
    assert (
        any("nested over the bound" in defect for defect in message.defects) or message.signed
    )
