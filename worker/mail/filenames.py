"""Makes attachment names safe to show and to save; never empty.

No path, control, bidi or zero-width characters, no leading dots, no names that Windows
reserves, at most 240 octets. Cleaning comes first and the checks last, so nothing that is taken
out can uncover a forbidden name.
"""

import mimetypes
import re
import unicodedata

_MAX_OCTETS = 240
STORED_OCTETS = 150
"""Of a name on a ticket: with a folder and a prefix it fits every file system and table."""
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SEPARATORS = re.compile(r"[/\\\u2044\u2215\u29f8\uff0f\uff3c]")
_UNSAFE = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(?:\.|$)", re.IGNORECASE
)
_EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "message/rfc822": ".eml",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/pgp-signature": ".asc",
    "application/pgp-encrypted": ".asc",
    "application/pkcs7-mime": ".p7m",
    "application/x-pkcs7-mime": ".p7m",
    "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s",
    "application/ms-tnef": ".dat",
    "message/delivery-status": ".txt",
}


def safe_filename(name: str, *, content_type: str = "", number: str = "") -> str:
    """Make `name` safe; without a usable one make one up from type and part number."""
    name = _INVISIBLE.sub("", unicodedata.normalize("NFC", name[:2000]))
    pieces = [piece.strip(" .") for piece in _SEPARATORS.split(name)]
    name = next((piece for piece in reversed(pieces) if piece), "")
    name = _UNSAFE.sub("_", name)
    name = " ".join(name.split())
    if not name or not name.strip("_. "):
        return _made_up(content_type, number)
    if _RESERVED.match(name):
        name = f"_{name}"
    return shortened(name, _MAX_OCTETS)


def _made_up(content_type: str, number: str) -> str:
    kind = "message" if content_type.startswith("message/") else "attachment"
    if content_type.startswith("image/"):
        kind = "image"
    extension = (
        _EXTENSIONS.get(content_type) or mimetypes.guess_extension(content_type) or ".bin"
    )
    return f"{kind}-{number}{extension}" if number else f"{kind}{extension}"


def shortened(name: str, limit: int = STORED_OCTETS) -> str:
    """At most `limit` octets of UTF-8, the extension kept."""
    if len(name.encode("utf-8")) <= limit:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or not 0 < len(extension.encode("utf-8")) <= 16:
        stem, dot, extension = name, "", ""
    room = limit - len((dot + extension).encode("utf-8"))
    cut = stem.encode("utf-8")[:room].decode("utf-8", "ignore").rstrip(" .")
    return cut + dot + extension
