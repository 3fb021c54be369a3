"""Keccak-256, against digests that Ethereum's own documents print."""

import pytest

from worker.domain.checksums import is_ethereum_address
from worker.domain.keccak import keccak256


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
    ],
)
def test_digest_is_that_of_the_documents(data: bytes, digest: str) -> None:
    assert keccak256(data).hex() == digest


@pytest.mark.parametrize("size", [135, 136, 137, 300])
def test_every_size_has_its_own_digest(size: int) -> None:
    assert keccak256(b"a" * size) != keccak256(b"a" * (size + 1))
    assert len(keccak256(b"a" * size)) == 32


@pytest.mark.parametrize(
    "address",
    [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ],
)
def test_addresses_of_eip_55_hold_their_checksum(address: str) -> None:
    assert is_ethereum_address(address)
    assert not is_ethereum_address("0x" + address[2:].swapcase())
