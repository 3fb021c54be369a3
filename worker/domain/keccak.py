"""Keccak-256 as Ethereum uses it: SHA-3 with the padding from before the standard.

Python's hashlib has FIPS 202 only. One block suffices for addresses, and half a millisecond.
"""

_MASK = (1 << 64) - 1
_RATE = 136
"""Octets of a block."""


def _constants() -> tuple[int, ...]:
    """The 24 round constants, from the shift register that defines them (FIPS 202 alg. 5)."""
    found, register = [], 1
    for _ in range(24):
        constant = 0
        for bit in range(7):
            if register & 1:
                constant |= 1 << ((1 << bit) - 1)
            register <<= 1
            if register & 0x100:
                register ^= 0x171
        found.append(constant)
    return tuple(found)


def _steps() -> tuple[tuple[int, int, int], ...]:
    """Of rho and pi: each lane, where it goes, and how far it is turned."""
    steps, x, y = [(0, 0, 0)], 1, 0
    for t in range(24):
        steps.append((x + 5 * y, y + 5 * ((2 * x + 3 * y) % 5), (t + 1) * (t + 2) // 2 % 64))
        x, y = y, (2 * x + 3 * y) % 5
    return tuple(steps)


_CONSTANTS = _constants()
_STEPS = _steps()


def keccak256(data: bytes) -> bytes:
    """Digest `data`."""
    padded = bytearray(data) + b"\x01" + bytes(-(len(data) + 1) % _RATE)
    padded[-1] |= 0x80
    lanes = [0] * 25
    for block in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            at = block + 8 * lane
            lanes[lane] ^= int.from_bytes(padded[at : at + 8], "little")
        for constant in _CONSTANTS:
            lanes = _round(lanes, constant)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def _round(a: list[int], constant: int) -> list[int]:
    columns = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
    mixed = [
        columns[x - 1] ^ (columns[(x + 1) % 5] << 1 & _MASK | columns[(x + 1) % 5] >> 63)
        for x in range(5)
    ]
    b = [0] * 25
    for lane, goes_to, turn in _STEPS:
        value = a[lane] ^ mixed[lane % 5]
        b[goes_to] = value << turn & _MASK | value >> (64 - turn)
    for row in range(0, 25, 5):
        five = b[row : row + 5]
        b[row : row + 5] = [
            five[x] ^ (~five[(x + 1) % 5] & _MASK & five[(x + 2) % 5]) for x in range(5)
        ]
    b[0] ^= constant
    return b
