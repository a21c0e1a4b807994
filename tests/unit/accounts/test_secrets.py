import hashlib

import pytest

from trunkline.accounts import secrets

SECRET = "sk-tl-v1-0e6" + "7" * 58 + "c96"


def test_minted_secrets_differ_and_are_recognised() -> None:
    minted = {secrets.mint_secret() for _ in range(100)}
    assert len(minted) == 100
    assert all(secrets.is_secret(secret) and len(secret) == 73 for secret in minted)


def test_label_shows_three_digits_at_each_end() -> None:
    assert secrets.mask_secret(SECRET) == "sk-tl-v1-0e6...c96"
    assert secrets.mask_secret(SECRET.replace("-tl-", "-or-")) == "sk-or-v1-0e6...c96"


def test_hash_is_the_hex_sha256_of_the_whole_secret() -> None:
    assert (
        secrets.hash_secret(SECRET)
        == secrets.hash_secret(SECRET.encode())
        == hashlib.sha256(SECRET.encode()).hexdigest()
    )


@pytest.mark.parametrize(
    "text",
    ["", SECRET + "0", SECRET[:-1], SECRET.upper(), SECRET + "\n", "sk-xx-v1-" + "0" * 64, "sk-tl-v1-" + "٣" * 64],
)
def test_near_misses_are_no_secrets(text: str) -> None:
    assert not secrets.is_secret(text)


@pytest.mark.parametrize(
    ("authorization", "x_api_key", "secret"),
    [
        (b"Bearer abc", None, b"abc"),
        (b"bearer  abc ", b"x", b"abc"),
        (b"Bearer ", b"x", b"x"),
        (b"Basic abc", b"x", b"x"),
        (None, b"x", b"x"),
        (None, b"", None),
        (b"Bearer", None, None),
        (None, None, None),
    ],
)
def test_bearer_token_comes_before_x_api_key(
    authorization: bytes | None, x_api_key: bytes | None, secret: bytes | None
) -> None:
    assert secrets.presented_secret(authorization, x_api_key) == secret
