"""Opens and checks signed S/MIME containers (CMS SignedData, RFC 5652 section 5; RFC 8551).

asn1crypto reads the structure, cryptography does the arithmetic. `valid` says that the signed
octets are those that the key in the certificate signed. Who issued the certificate, and whether
it has been revoked, is not looked into: there is no list of trusted issuers here.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms, core
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

_MAX_ELEMENTS = 50_000
_MAX_DEPTH = 24
"""Of elements inside each other; a certificate in a container has about twelve."""
_MAX_SIGNERS = 3
_BROKEN = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    UnsupportedAlgorithm,
    ValueError,
)
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
"""MD5 and SHA-1 are not in it: what they say proves nothing any more."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the signatures of a container are worth."""

    state: str
    """valid, invalid, or unverified where this cannot be told."""
    signer: str
    """addr-spec of the first signer's certificate, else its name; "" without a certificate."""


@dataclass(frozen=True, slots=True)
class Container:
    """What kind of container it is, and what lies in it."""

    kind: str
    """signed_data, enveloped_data, compressed_data ... as RFC 5652 names them; "" for none."""
    content: bytes | None = None
    """Of signed data: the octets that are signed; None where they stand elsewhere."""
    certificates_only: bool = False


def open_container(octets: bytes) -> Container:
    """Say what `octets` (BER) hold. Raises nothing."""
    try:
        info = _info(octets)
        kind = str(info["content_type"].native)
        if kind != "signed_data":
            return Container(kind)
        data = info["content"]
        inner = data["encap_content_info"]["content"]
        content = None if isinstance(inner, core.Void) else bytes(inner)
        return Container(kind, content, certificates_only=not len(data["signer_infos"]))
    except _BROKEN:
        return Container("")


def check(octets: bytes, detached: bytes | None = None) -> Checked:
    """Check the signatures of a container. Raises nothing.

    detached: the signed octets where they stand outside (multipart/signed, RFC 8551 section
    3.5.3), with CRLF line ends.
    """
    signer = ""
    try:
        data = _info(octets)["content"]
        inner = data["encap_content_info"]["content"]
        content = detached if isinstance(inner, core.Void) else bytes(inner)
        certificates = [one.chosen for one in data["certificates"] if one.name == "certificate"]
        states = []
        for info in list(data["signer_infos"])[:_MAX_SIGNERS]:
            certificate = _certificate_of(info, certificates)
            if certificate is None or content is None:
                states.append("unverified")
                continue
            signer = signer or _name_of(certificate)
            states.append(_state(info, certificate, content))
    except _BROKEN:
        return Checked("unverified", signer)
    worst = next((one for one in ("invalid", "unverified") if one in states), "valid")
    return Checked(worst if states else "unverified", signer)


def _info(octets: bytes) -> Any:
    _bound(octets)
    return cms.ContentInfo.load(octets)


def _bound(octets: bytes) -> None:
    """Raise ValueError where elements are too many or too deep for asn1crypto.

    It reads elements of indefinite length again for each one around them.
    """
    ends: list[int] = []  # of the elements around; 0 for one of indefinite length
    at = count = 0
    while at < len(octets):
        while ends and ends[-1] and at >= ends[-1]:
            ends.pop()
        if not ends and count:
            return  # what follows the container is not looked at
        count += 1
        if count > _MAX_ELEMENTS or len(ends) > _MAX_DEPTH:
            raise ValueError("a container over the bound")
        tag, at = octets[at], at + 1
        if tag & 31 == 31:
            while octets[at] & 128:
                at += 1
            at += 1
        length, at = octets[at], at + 1
        if tag == 0 and length == 0 and ends and not ends[-1]:
            ends.pop()
        elif length == 128:
            ends.append(0)
        else:
            if length > 128:
                size = length - 128
                length, at = int.from_bytes(octets[at : at + size], "big"), at + size
            if tag & 32 and length:
                ends.append(at + length)
            else:
                at += length


def _certificate_of(info: Any, certificates: list[Any]) -> Any:
    sid = info["sid"]
    for one in certificates:
        if sid.name == "subject_key_identifier":
            if one.key_identifier == sid.native:
                return one
        elif (
            one.serial_number == sid.chosen["serial_number"].native
            and one.issuer.dump() == sid.chosen["issuer"].dump()
        ):
            return one
    return None


def _name_of(certificate: Any) -> str:
    try:
        names = certificate.subject_alt_name_value
        for name in names or ():
            if name.name == "rfc822_name":
                return str(name.native)[:320]
        subject = certificate.subject.native
        found = subject.get("email_address") or subject.get("common_name") or ""
        return str(found[0] if isinstance(found, list) else found)[:320]
    except _BROKEN:
        return ""


def _state(info: Any, certificate: Any, content: bytes) -> str:
    """What one signature is worth (RFC 5652 sections 5.4 and 5.6)."""
    digest = str(info["digest_algorithm"]["algorithm"].native)
    if digest not in _HASHES:
        return "unverified"
    signed = content
    attributes = info["signed_attrs"]
    if not isinstance(attributes, core.Void) and len(attributes):
        held = {one["type"].native: one["values"] for one in attributes}
        if "message_digest" not in held:
            return "invalid"
        if held["message_digest"][0].native != hashlib.new(digest, content).digest():
            return "invalid"
        signed = attributes.untag().dump()
    key = load_der_public_key(certificate.public_key.dump())
    try:
        return _verified(info, key, signed, digest)
    except InvalidSignature:
        return "invalid"


def _verified(info: Any, key: object, signed: bytes, digest: str) -> str:
    """ "valid", "unverified" for an algorithm that is not known. Raises InvalidSignature."""
    signature = info["signature"].native
    algorithm = info["signature_algorithm"]
    algorithm_name = str(algorithm.signature_algo)
    named = _hash_named(algorithm) or digest
    if named not in _HASHES:
        return "unverified"
    hash_of = _HASHES[named]()
    if isinstance(key, rsa.RSAPublicKey) and algorithm_name == "rsassa_pkcs1v15":
        key.verify(signature, signed, padding.PKCS1v15(), hash_of)
    elif isinstance(key, rsa.RSAPublicKey) and algorithm_name == "rsassa_pss":
        parameters = algorithm["parameters"]
        if parameters["mask_gen_algorithm"]["algorithm"].native != "mgf1":
            return "unverified"
        inner = str(parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native)
        outer = str(parameters["hash_algorithm"]["algorithm"].native)
        if inner not in _HASHES or outer not in _HASHES:
            return "unverified"
        scheme = padding.PSS(
            padding.MGF1(_HASHES[inner]()), int(parameters["salt_length"].native)
        )
        key.verify(signature, signed, scheme, _HASHES[outer]())
    elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm_name == "ecdsa":
        key.verify(signature, signed, ec.ECDSA(hash_of))
    elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        key.verify(signature, signed)
    else:
        return "unverified"
    return "valid"


def _hash_named(algorithm: Any) -> str:
    """The hash that a signature algorithm names itself, as sha256_rsa does; "" without one."""
    try:
        return str(algorithm.hash_algo)
    except ValueError:
        return ""
