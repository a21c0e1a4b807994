"""What the caller sees of the body that was sent upstream (inference.md 4.6)."""

import msgspec

from trunkline.protocols.echo import redact_for_echo


def test_payloads_end_users_and_credentials_are_not_echoed() -> None:
    payload = "QUJD" * 200
    sent = {
        "model": "m",
        "user": "user_hash",
        "temperature": 0.5,
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "my key is sk-abcdefghijklmnopqrstuvwxyz, keep it"},
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{payload}"}},
                    {"type": "input_audio", "input_audio": {"data": payload, "format": "wav"}},
                ],
            }
        ],
    }
    echoed = bytes(redact_for_echo(msgspec.json.encode(sent)))
    for secret in (b"user_hash", b"QUJDQUJD", b"abcdefghij"):
        assert secret not in echoed
    shown = msgspec.json.decode(echoed)
    assert shown["temperature"] == 0.5
    assert shown["messages"][0]["content"][0]["text"] == "my key is [redacted], keep it"
    assert shown["messages"][0]["content"][1]["image_url"]["url"] == "data:image/png;base64,[800 characters]"


def test_what_is_no_json_or_nested_without_end_is_still_answered() -> None:
    assert bytes(redact_for_echo(b"{")) == b"null"
    deep = bytes(redact_for_echo(b'{"a":' * 500 + b"1" + b"}" * 500))
    assert b"[redacted]" in deep
