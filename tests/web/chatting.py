"""The chat under test: a provider whose models answer as a test says, and what a person does on the page."""

import sqlite3

import msgspec
from playwright.sync_api import Browser, BrowserContext, Locator, Page, StorageState

from tests.fakes.provider import FakeProvider, RecordedRequest
from tests.fakes.replies import Call, Reply, stream
from tests.serving import Served
from tests.web.screens import DESKTOP, Screen

QUICK, STEADY, SLOW, SEEING = "lab/quick", "lab/steady", "lab/slow", "lab/seeing"
RECORD_TRIES = 75
_ENDPOINT = """
[[endpoints]]
model = "lab/{name}"
provider = "lab"
base_url = "{url}"
api_key = "none"
upstream_model = "{name}"
context_length = 100000
input_modalities = [{modalities}]
supported_parameters = ["max_tokens", "temperature", "reasoning"]
pricing = {{ prompt = "0.000001", completion = "0.000004" }}
"""
_TAKES = {"quick": '"text"', "steady": '"text"', "slow": '"text"', "seeing": '"text", "image", "file"'}


def configuration(url: str) -> str:
    """Four models of one provider; `seeing` takes images and files too."""
    endpoints = (_ENDPOINT.format(name=name, url=url, modalities=takes) for name, takes in _TAKES.items())
    return '[sandbox]\nmode = "off"\n' + "".join(endpoints)


class Kitchen:
    """What each model answers next; without an order it answers "Hello, world!"."""

    def __init__(self, provider: FakeProvider) -> None:
        self.provider = provider
        self._orders: dict[str, Reply] = {}
        provider.when(lambda request: request.json.get("model") in self._orders, self._serve)

    def order(self, model: str, reply: Reply) -> None:
        """From now on the model answers so."""
        self._orders[model.partition("/")[2]] = reply

    def clear(self) -> None:
        self._orders.clear()

    def asked(self, model: str) -> list[RecordedRequest]:
        """What was asked of a model, oldest first."""
        return [each for each in self.provider.requests if each.json.get("model") == model.partition("/")[2]]

    def messages(self, model: str) -> list[dict[str, object]]:
        """The conversation that was sent with the last request to a model."""
        return msgspec.convert(self.asked(model)[-1].json["messages"], list[dict[str, object]])

    async def _serve(self, call: Call) -> None:
        await self._orders[str(call.json["model"])](call)


def words(count: int, pause_s: float = 0.0) -> Reply:
    """That many numbered words, one event each."""
    return stream([f"word{at} " for at in range(count)], pause_s=pause_s)


class Member:
    """Somebody who signed in once; each page is a fresh browser with the session's cookie."""

    def __init__(self, browser: Browser, site: Served, session: StorageState) -> None:
        self._browser = browser
        self._session = session
        self.site = site
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def open(self, path: str = "/chat", screen: Screen = DESKTOP, *, expects_error: bool = False) -> Page:
        """The chat, ready to be typed into."""
        context = self._browser.new_context(
            base_url=self.site.url,
            viewport={"width": screen.width, "height": screen.height},
            color_scheme=screen.theme,
            has_touch=screen.name == "phone",
            storage_state=self._session,
            accept_downloads=True,
        )
        context.set_default_timeout(20_000)
        self.contexts.append(context)
        return self.page(context, path, expects_error=expects_error)

    def stranger(self) -> Page:
        """A page of somebody who is not signed in."""
        context = self._browser.new_context(base_url=self.site.url)
        self.contexts.append(context)
        return context.new_page()

    def workspace(self, name: str, model: str) -> str:
        """The id of a new workspace of this person, with a model that new rooms begin with."""
        workspace_id = f"ws_{name.lower()}"
        with sqlite3.connect(self.site.home / "data" / "trunkline.db", timeout=30) as connection:
            connection.execute(
                "INSERT INTO workspaces (id, account_id, name, slug, is_default, created_at_ms, default_text_model) "
                "SELECT ?, account_id, ?, ?, 0, 0, ? FROM workspaces WHERE is_default",
                (workspace_id, name, name.lower(), model),
            )
        connection.close()
        return workspace_id

    def page(self, context: BrowserContext, path: str = "/chat", *, expects_error: bool = False) -> Page:
        """Another tab of the same browser."""
        page = context.new_page()
        if not expects_error:
            page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        page.goto(path)
        composer(page).wait_for()
        return page


def choose(page: Page, menu: str, action: str) -> None:
    """An entry of one of the chat's menus."""
    page.locator(f".chat-menu > summary[aria-label='{menu}']").click()
    page.locator(".chat-menu[open]").get_by_role("button", name=action).click()


def composer(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Prompt", exact=True)


def ask(page: Page, prompt: str) -> None:
    composer(page).fill(prompt)
    composer(page).press("Enter")


def answers(page: Page, state: str | None = None) -> Locator:
    return page.locator(".chat-answer" if state is None else f".chat-answer[data-state={state}]")


def cell(page: Page, column: int, turn: int = 0) -> Locator:
    """What a column answered to a prompt."""
    return page.locator(".chat-turn").nth(turn).locator(".chat-cell").nth(column)


def room_id(page: Page) -> str:
    page.wait_for_url("**/chat?room=*")
    return page.url.partition("room=")[2]


def records_of_session(page: Page, site: Served, session_id: str, count: int) -> list[dict[str, object]]:
    """What the instance booked for a room, once it has that many records: they are written shortly after an answer."""
    records: list[dict[str, object]] = []
    for _ in range(RECORD_TRIES):
        with sqlite3.connect(site.home / "data" / "trunkline.db", timeout=30) as connection:
            rows = connection.execute("SELECT cost_nanousd, record FROM generations").fetchall()
        connection.close()
        found = [{**msgspec.json.decode(record, type=dict[str, object]), "cost_nanousd": cost} for cost, record in rows]
        records = [each for each in found if each.get("session_id") == session_id]
        if len(records) >= count:
            break
        page.wait_for_timeout(200)
    return records


def kept(page: Page, store: str) -> list[dict[str, object]]:
    """Everything that the browser's database keeps of a kind: rooms, turns, files."""
    found: list[dict[str, object]] = page.evaluate(
        """async (store) => {
            const { name } = (await indexedDB.databases()).find((each) => each.name.startsWith("trunkline-chat"));
            const database = await new Promise((resolve) => {
                const opening = indexedDB.open(name);
                opening.onsuccess = () => resolve(opening.result);
            });
            const rows = await new Promise((resolve) => {
                const asked = database.transaction(store).objectStore(store).getAll();
                asked.onsuccess = () => resolve(asked.result);
            });
            database.close();
            return rows;
        }""",
        store,
    )
    return found
