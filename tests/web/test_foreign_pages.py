"""Pages of other origins in the browser of somebody who is signed in here spend nothing and read nothing (API-04)."""

import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.serving import Served
from tests.web.members import session_of

ATTACK = """
async ([site, token]) => {
  const body = JSON.stringify({ model: "acme/rocket-1", messages: [{ role: "user", content: "stolen" }] });
  const address = `${site}/api/v1/chat/completions`;
  const seen = [];
  const attempt = async (name, act) => {
    try { seen.push([name, await act()]); } catch { seen.push([name, "refused"]); }
  };
  const post = (headers, mode) => async () => {
    const response = await fetch(address, { method: "POST", credentials: "include", mode, headers, body });
    return `${response.type} ${response.status} ${(await response.text()).length}`;
  };
  await attempt("simple", post({ "Content-Type": "text/plain" }, "no-cors"));
  await attempt("json", post({ "Content-Type": "application/json" }, "cors"));
  await attempt("with the token", post({ "Content-Type": "application/json", "X-Form-Token": token }, "cors"));
  await attempt("read", async () => (await fetch(`${site}/chat/rooms`, { credentials: "include" })).text());
  await attempt("beacon", () => String(navigator.sendBeacon(address, body)));
  const frame = document.createElement("iframe");
  frame.name = "away";
  const form = document.createElement("form");
  Object.assign(form, { action: address, method: "post", enctype: "text/plain", target: "away" });
  const field = document.createElement("input");
  Object.assign(field, { name: body.slice(0, -1) + ',"user":"', value: '"}' });
  form.append(field);
  document.body.append(frame, form);
  const answered = new Promise((done) => frame.addEventListener("load", done, { once: true }));
  form.submit();
  await answered;
  return seen;
}
"""


class _Elsewhere(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<!doctype html><title>Elsewhere</title><body>"
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def elsewhere() -> Iterator[int]:
    """The port of another server on this machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def generations(page: Page, site: Served) -> int:
    page.goto(f"{site.url}/logs")
    return page.locator("[data-generation]").count()


def test_no_other_origin_spends_a_member_s_money(browser: Browser, site: Served, elsewhere: int) -> None:
    """Neither another site, nor another port of the same one, to which browsers do send the cookie."""
    with browser.new_context(storage_state=session_of(browser, site)) as context:
        page = context.new_page()
        page.goto(f"{site.url}/settings/account")
        token = page.locator("input[name=form_token]").first.get_attribute("value")
        before = generations(page, site)
        for host in ("127.0.0.1", "localhost"):
            page.goto(f"http://{host}:{elsewhere}/")
            seen: list[tuple[str, str]] = page.evaluate(ATTACK, [site.url, token])
            answers = {name: answer for name, answer in seen}
            assert answers.pop("beacon") in ("true", "false")
            assert answers.pop("simple") in ("opaque 0 0", "refused")
            assert set(answers.values()) == {"refused"}, answers
        page.goto(f"{site.url}/chat")
        own = page.evaluate(
            """async ([token]) => (await fetch("/api/v1/chat/completions", {
              method: "POST",
              headers: { "Content-Type": "application/json", "X-Form-Token": token, "X-Session-Id": "room-1" },
              body: JSON.stringify({ model: "acme/rocket-1", messages: [{ role: "user", content: "mine" }] }),
            })).status""",
            [token],
        )
        assert own == 502  # nobody serves the model here; what matters is that it was asked, and is in the log
        assert generations(page, site) == before + 1
