from pathlib import Path

from trunkline.web.documentation.library import Library


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_guides_come_in_reading_order_with_neighbours(tmp_path: Path) -> None:
    write(tmp_path, "guide/api.md", "# The API")
    write(tmp_path, "guide/first-start.md", "# First start")
    write(tmp_path, "operate/running.md", "# Running")
    library = Library(tmp_path)
    assert [guide.path for guide in library.guides] == ["guide/first-start", "guide/api", "operate/running"]
    before, after = library.around(library.guides[1])
    assert before is library.guides[0]
    assert after is library.guides[2]
    assert [title for title, _ in library.sections()] == ["Using it", "Running it"]


def test_links_between_files_lead_to_pages_and_others_to_the_contents(tmp_path: Path) -> None:
    write(tmp_path, "guide/api.md", "[a](../operate/running.md#stop) [b](../../README.md#more) [c](../schema.json)")
    write(tmp_path, "operate/running.md", "# Running")
    (guide, _) = Library(tmp_path).guides
    html = guide.rendered.html
    assert 'href="/docs/operate/running#stop"' in html
    assert html.count('href="/docs"') == 2


def test_without_files_there_are_no_guides(tmp_path: Path) -> None:
    assert Library(tmp_path).guides == ()
    assert Library(tmp_path).find("guide/api") is None
