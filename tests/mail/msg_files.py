"""Writes .msg files ([MS-OXMSG] in [MS-CFB]) for tests, as small as they can be."""

import struct
from dataclasses import dataclass, field

END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


@dataclass
class Storage:
    """A folder of a compound file: streams and storages by name."""

    entries: dict[str, "bytes | Storage"] = field(default_factory=dict)

    def text(self, number: int, value: str) -> "Storage":
        self.entries[f"__substg1.0_{number:04X}001F"] = value.encode("utf-16-le")
        return self

    def narrow(self, number: int, value: bytes) -> "Storage":
        self.entries[f"__substg1.0_{number:04X}001E"] = value
        return self

    def binary(self, number: int, value: bytes) -> "Storage":
        self.entries[f"__substg1.0_{number:04X}0102"] = value
        return self

    def fixed(self, header: int, **values: int) -> "Storage":
        """The properties stream; names are tags in hexadecimal after a letter."""
        rows = (struct.pack("<IIq", int(tag[1:], 16), 6, n) for tag, n in values.items())
        self.entries["__properties_version1.0"] = bytes(header) + b"".join(rows)
        return self

    def attach(self, index: int, inner: "Storage") -> "Storage":
        self.entries[f"__attach_version1.0_#{index:08X}"] = inner
        return self

    def attached_mail(self, inner: "Storage") -> "Storage":
        self.entries["__substg1.0_3701000D"] = inner
        return self


def compound_file(root: Storage) -> bytes:
    """The octets of a compound file of version 3 with `root` in it."""
    rows: list[list[object]] = []
    mini = bytearray()
    mini_fat: list[int] = []
    sectors: list[bytes] = []
    fat: list[int] = []

    def chain(content: bytes, size: int, table: list[int]) -> int:
        count = -(-len(content) // size)
        first = len(table)
        table.extend([*range(first + 1, first + count), END] if count else [])
        return first if count else END

    def put(content: bytes) -> int:
        first = chain(content, 512, fat)
        padded = content + bytes(-len(content) % 512)
        sectors.extend(padded[at : at + 512] for at in range(0, len(padded), 512))
        return first

    def row(name: str, kind: int, start: int, size: int) -> int:
        rows.append([name, kind, FREE, FREE, FREE, start, size])
        return len(rows) - 1

    def fill(parent: int, storage: Storage) -> None:
        before = None
        for name, held in storage.entries.items():
            if name == "__properties_version1.0":
                assert isinstance(held, bytes)
                held += _named(storage)
            if isinstance(held, Storage):
                at = row(name, 1, 0, 0)
            elif len(held) < 4096:
                at = row(name, 2, chain(held, 64, mini_fat), len(held))
                mini.extend(held + bytes(-len(held) % 64))
            else:
                at = row(name, 2, put(held), len(held))
            rows[parent if before is None else before][4 if before is None else 3] = at
            before = at
            if isinstance(held, Storage):
                fill(at, held)

    row("Root Entry", 5, END, 0)
    fill(0, root)
    rows[0][5], rows[0][6] = put(bytes(mini)), len(mini)
    table = struct.pack(f"<{len(mini_fat)}I", *mini_fat)
    mini_start, mini_count = put(table + b"\xff" * (-len(table) % 512)), -(-len(table) // 512)
    directory = b"".join(_row(*each) for each in rows)  # type: ignore[arg-type]
    directory_start = put(directory)
    fat_count = 1
    while fat_count * 128 < len(fat) + fat_count:
        fat_count += 1
    first_fat = len(fat)
    fat.extend([FAT] * fat_count)
    fat.extend([FREE] * (-len(fat) % 128))
    sectors.extend(struct.pack("<128I", *fat[at : at + 128]) for at in range(0, len(fat), 128))
    places = [*range(first_fat, first_fat + fat_count)]
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        + bytes(6)
        + struct.pack(
            "<IIIIIIIII", 0, fat_count, directory_start, 0, 4096, mini_start, mini_count, END, 0
        )
        + struct.pack("<109I", *places, *[FREE] * (109 - fat_count))
    )
    return header + b"".join(sectors)


def _named(storage: Storage) -> bytes:
    """What the properties stream says of the values that have a stream of their own."""
    return b"".join(
        struct.pack("<IIII", int(name[12:], 16), 6, len(held), 0)
        for name, held in storage.entries.items()
        if name.startswith("__substg1.0_") and isinstance(held, bytes)
    )


def _row(
    name: str, kind: int, left: int, right: int, child: int, start: int, size: int
) -> bytes:
    wide = name.encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIII",
        wide,
        len(wide) + 2,
        kind,
        1,
        left,
        right,
        child,
        bytes(16),
        0,
        0,
        0,
        start,
        size,
        0,
    )


def a_msg(
    *,
    subject: str = "Deposit missing",
    text: str = "My 20 USDT did not arrive.",
    name: str = "Li Wei",
    address: str = "li.wei@customer.example",
    header: int = 32,
) -> Storage:
    """A mail as Outlook saves it, without attachments. header: 24 inside another one."""
    return (
        Storage()
        .fixed(header, t00390040=134_115_264_000_000_000, t3FFD0003=936, t3FDE0003=65001)
        .text(0x0037, subject)
        .text(0x0C1A, name)
        .text(0x0C1F, address)
        .text(0x0E04, "Support")
        .text(0x1000, text)
        .text(0x1035, "<first@customer.example>")
    )


def a_file(name: str, content: bytes, *, label: str = "", content_id: str = "") -> Storage:
    """An attachment of a mail."""
    found = Storage().fixed(8).text(0x3707, name).binary(0x3701, content)
    if label:
        found.text(0x370E, label)
    if content_id:
        found.text(0x3712, content_id)
    return found
