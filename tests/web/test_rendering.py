"""Text of models in a real browser: what it becomes, what it never becomes, and how fast (site.md CHAT-17, CHAT-18)."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.web import hostile_markdown
from tests.web.conftest import MANIFEST, OpenPage

ANSWER = r"""# Title

A *first* paragraph with `code`, a [link](https://ok.example/a) and $e^{i\pi} = -1$; it costs $5 or $6.

1. one
2. two
   - nested

   more of two

| a | b |
|---|--:|
| 1 | 2 |

text
#not a heading

```python
def f(x):
    return x

# comment
```

> quoted
continued

$$
\frac{1}{2}
$$

\[ x^2 \]

Setext
---

- [x] done
- [ ] open

See [late] and https://auto.example/x.

[late]: https://late.example/
"""

LIST = "\n".join(f"{number}. item **{number}** with `code`\n   - and a point" for number in range(7, 60))

ALLOWED = {
    *("P", "H3", "H4", "H5", "H6", "UL", "OL", "LI", "BLOCKQUOTE", "PRE", "CODE", "EM", "STRONG", "S", "A", "BR", "HR"),
    *("TABLE", "THEAD", "TBODY", "TR", "TH", "TD", "DIV", "SPAN", "BUTTON", "INPUT", "IMG", "SECTION"),
}
ATTRIBUTES = {
    *("class", "href", "target", "rel", "tabindex", "type", "disabled", "aria-label", "scope", "data-copy", "start"),
    *("src", "alt", "loading", "title", "checked"),
}

INSPECT = """
(root) => [...root.querySelectorAll("*")].map((element) => ({
  name: element.tagName,
  isMath: element.namespaceURI.endsWith("MathML"),
  attributes: Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value])),
}))
"""


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A page of the site, with the renderer as `render` and an element to render into as `target`."""
    page = open_page("/design")
    load(page)
    return page


def load(page: Page) -> None:
    manifest: dict[str, dict[str, Any]] = json.loads(MANIFEST.read_text(encoding="utf-8"))
    page.evaluate(
        """async (address) => {
          window.render = await import(address);
          window.target = document.createElement("div");
          window.target.className = "prose answer";
          document.querySelector("main").prepend(window.target);
        }""",
        f"/static/dist/{manifest['src/render/index.ts']['file']}",
    )


def shown(page: Page, text: str, **options: Any) -> None:
    page.evaluate("([text, options]) => render.renderMarkdown(target, text, options)", [text, options])


def test_an_answer_has_code_tables_formulas_and_tasks(page: Page) -> None:
    shown(page, ANSWER)
    answer = page.locator("main > .answer").first
    assert answer.locator("h3").inner_text() == "Title"
    assert answer.locator("math").count() == 3
    assert "it costs $5 or $6." in answer.locator("p").first.inner_text()
    block = answer.locator(".code-block")
    assert block.locator(".code-block-head span").inner_text() == "python"
    assert block.get_by_role("button", name="Copy").get_attribute("data-copy") == "def f(x):\n    return x\n\n# comment"
    block.locator(".hljs-keyword").first.wait_for()
    assert block.locator("pre").inner_text() == "def f(x):\n    return x\n\n# comment"
    assert answer.locator("td.align-right").inner_text() == "2"
    assert answer.get_by_role("checkbox").count() == 2
    assert answer.get_by_role("checkbox").first.is_checked()
    assert "#not a heading" in answer.inner_text()
    links = {link.inner_text(): link.get_attribute("href") for link in answer.locator("a").all()}
    assert links == {
        "link": "https://ok.example/a",
        "late": "https://late.example/",
        "https://auto.example/x": "https://auto.example/x",
    }
    for link in answer.locator("a").all():
        assert link.get_attribute("rel") == "noopener noreferrer nofollow"
        assert link.get_attribute("target") == "_blank"


def test_a_text_that_came_in_pieces_ends_like_the_whole(page: Page) -> None:
    """However it is cut, and what is settled is never touched again."""
    result = page.evaluate(
        r"""async (answers) => {
          const wrong = [];
          const settle = () => new Promise((done) => setTimeout(done, 150));
          for (const answer of answers) {
            const whole = document.createElement("div");
            render.renderMarkdown(whole, answer);
            for (const size of [1, 2, 5, 17, 64]) {
              const pieces = document.createElement("div");
              let first;
              for (let end = size; end < answer.length + size; end += size) {
                render.renderMarkdown(pieces, answer.slice(0, end), { isStreaming: true });
                if (end > 200 && first === undefined) first = pieces.firstChild;
                if (first !== undefined && pieces.firstChild !== first) wrong.push([size, "touched", end]);
              }
              const streamed = pieces.textContent;
              render.renderMarkdown(pieces, answer);
              await settle();
              if (pieces.innerHTML !== whole.innerHTML) wrong.push([size, pieces.innerHTML, whole.innerHTML]);
              if (!answer.includes("]:") && streamed.replace(/\s/g, "").slice(0, 400) !==
                  pieces.textContent.replace(/\s/g, "").slice(0, 400)) wrong.push([size, "streamed", streamed]);
            }
          }
          return wrong;
        }""",
        [
            ANSWER.replace("$", "").replace("\\[", "").replace("\\]", ""),
            ANSWER.partition("$$")[0].replace("$", ""),
            "First.\n\n" + LIST + "\n   and more\n\n" + LIST.replace("\n", "\n\n") + "\n\nLast.\n",
        ],
    )
    assert result == []


def test_sources_are_numbered_marks_and_a_list(page: Page) -> None:
    text = (
        "Rain [1], and sun [2][9]. As [weather.example](https://weather.example/a) says; "
        "[read on](https://sky.example/b)."
    )
    sources = [
        {"url": "https://weather.example/a", "title": "Weather"},
        {"url": "https://sky.example/b"},
        {"url": "javascript:pwned()", "title": "Bad"},
    ]
    shown(page, text, sources=sources)
    answer = page.locator("main > .answer").first
    assert answer.locator("p").inner_text() == "Rain 1, and sun 2[9]. As 1 says; read on2."
    assert answer.locator(".source-mark").first.get_attribute("aria-label") == "Source 1: Weather"
    assert answer.locator(".sources li").all_inner_texts() == ["Weather weather.example", "sky.example sky.example"]


def test_hostile_texts_stay_texts(page: Page) -> None:
    page.evaluate("() => { window.pwned = () => { window.isPwned = true } }")
    texts = list(hostile_markdown.ALL)
    for is_streaming in (False, True):
        elements: list[dict[str, Any]] = page.evaluate(
            f"""async ([texts, isStreaming]) => {{
              const stage = document.createElement("div");
              target.append(stage);
              for (const text of texts) {{
                const place = document.createElement("div");
                stage.append(place);
                const began = performance.now();
                if (isStreaming) render.renderMarkdown(place, text.slice(0, text.length / 2), {{ isStreaming }});
                render.renderMarkdown(place, text, {{ sources: [{{ url: text, title: text }}] }});
                const took = performance.now() - began;
                if (took > 3000) throw new Error(`${{took}} ms for ${{text.slice(0, 40)}}`);
              }}
              await new Promise((done) => setTimeout(done, 500));
              for (const link of stage.querySelectorAll("a, button, summary")) {{
                link.addEventListener("click", (event) => event.preventDefault());
                link.click();
              }}
              const seen = ({INSPECT})(stage);
              stage.remove();
              return seen;
            }}""",
            [texts, is_streaming],
        )
        assert len(elements) > len(texts)
        for element in elements:
            names = set(element["attributes"])
            if element["isMath"]:
                assert not any(name.startswith("on") or name in ("href", "xlink:href") for name in names), element
                continue
            assert element["name"] in ALLOWED, element
            assert names <= ATTRIBUTES, element
            if "href" in names:
                assert element["attributes"]["href"].startswith(("https://", "http://", "mailto:")), element
                assert "@" not in element["attributes"]["href"].partition("?")[0], element
            if "src" in names:
                assert element["attributes"]["src"].startswith("data:image/png;base64,"), element
    assert page.evaluate("window.isPwned") is None


MEASURE = """
(answer) => {
  const columns = Array.from({ length: 4 }, () => target.appendChild(document.createElement("div")));
  const paints = [];
  for (let end = 14; end < answer.length; end += 14) {  // 200 tokens/s of four characters, painted 60 times a second
    for (const column of columns) {
      const began = performance.now();
      render.renderMarkdown(column, answer.slice(0, end), { isStreaming: true });
      paints.push(performance.now() - began);
    }
  }
  for (const column of columns) column.remove();
  paints.sort((a, b) => a - b);
  return { mean: paints.reduce((a, b) => a + b) / paints.length, p99: paints[Math.floor(paints.length * 0.99)] };
}
"""


def test_four_columns_of_200_tokens_a_second_leave_the_frame_free(page: Page, record_property: Any) -> None:
    """A paint costs the same however long the text is. It prints the numbers."""
    measured: dict[str, float] = page.evaluate(MEASURE, ANSWER * 8)
    record_property("paint_ms", measured)
    print(f"a paint: {measured['mean']:.2f} ms on average, {measured['p99']:.2f} ms in 99 of 100")
    assert measured["mean"] < 4.0  # four of them in each frame of 16 ms
    for long, short in ((ANSWER * 8, ANSWER * 2), (LIST * 2, LIST[: len(LIST) // 2])):
        late: dict[str, float] = page.evaluate(MEASURE, long)
        early: dict[str, float] = page.evaluate(MEASURE, short)
        assert late["mean"] < 4 * early["mean"] + 0.5


def test_a_stream_is_painted_by_frames_and_ends_whole(page: Page) -> None:
    page.evaluate(
        """async (answer) => {
          const stream = render.streamMarkdown(target);
          for (let end = 0; end < answer.length; end += 40) {
            stream.show(answer.slice(0, end));
            if (end % 400 === 0) await new Promise(requestAnimationFrame);
          }
          stream.end(answer, [{ url: "https://ok.example/a", title: "Ok" }]);
        }""",
        ANSWER,
    )
    answer = page.locator("main > .answer").first
    assert answer.locator("math").count() == 3
    assert answer.locator(".sources li").count() == 1
    assert answer.locator(".code-block").get_by_role("button", name="Copy").get_attribute("data-copy")
