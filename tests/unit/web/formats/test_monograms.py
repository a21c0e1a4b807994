from trunkline.web.formats.monograms import TINTS, monogram


def test_an_icon_is_the_initials_on_a_tint_that_stays() -> None:
    assert monogram("amazon-bedrock", "Amazon Bedrock").letters == "AB"
    assert monogram("openai").letters == "O"
    assert monogram("openai") == monogram("openai")
    assert 0 <= monogram("z-ai").tint < TINTS


def test_names_without_a_letter_have_an_icon_too() -> None:
    assert monogram("", "").letters == "?"
    assert monogram("https://launchpad.example", "Launchpad").letters == "L"
