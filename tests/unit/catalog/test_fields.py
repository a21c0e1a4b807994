from trunkline.catalog.entries import EndpointEntry
from trunkline.catalog.fields import given_fields
from trunkline.configuration.errors import Finding


def test_values_take_the_type_of_their_field() -> None:
    findings: list[Finding] = []

    fields = given_fields(
        EndpointEntry, {"protocols": ["openai-chat"], "data_policy": {"training": False}}, (), findings
    )

    assert fields["protocols"] == ("openai-chat",)
    assert repr(fields["data_policy"]).startswith("PolicyEntry(training=False")
    assert findings == []


def test_documenting_keys_are_allowed_and_not_read() -> None:
    findings: list[Finding] = []

    assert given_fields(EndpointEntry, {"note": "ours", "sources": {}}, (), findings) == {}
    assert findings == []


def test_each_unusable_key_is_a_finding_with_its_path() -> None:
    findings: list[Finding] = []

    given_fields(EndpointEntry, {"tga": "x", "tag": 1, "id": "x"}, ("endpoints", 3), findings, refused={"id": "no"})

    assert [finding.path for finding in findings] == [
        ("endpoints", 3, "tga"),
        ("endpoints", 3, "tag"),
        ("endpoints", 3, "id"),
    ]
