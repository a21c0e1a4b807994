"""Rooms in the browser: branches, keeping, moving, finding them (site.md 5.1, 5.3, "Accept when")."""

import json
from base64 import b64decode, b64encode
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.fakes.replies import stream
from tests.serving import Served
from tests.web.chatting import (
    QUICK,
    SEEING,
    STEADY,
    Kitchen,
    Member,
    answers,
    ask,
    cell,
    choose,
    composer,
    kept,
    room_id,
)
from tests.web.conftest import OpenPage

PIXEL = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC")
NOTES = {"type": "text", "text": '<file name="a.txt">\nNotes\n</file>'}
STORES = ("rooms", "turns", "files")


def conversation(page: Page) -> dict[str, list[dict[str, object]]]:
    """All that is kept, but for the moments of writing."""
    found = {store: kept(page, store) for store in STORES}
    for room in found["rooms"]:
        room.pop("updatedAt_ms")
    return found


def branched(member: Member, kitchen: Kitchen) -> Page:
    """A room with two prompts, the second in two versions, one answer in two versions, and a file."""
    page = member.open(f"/chat?models={QUICK},{SEEING}")
    page.get_by_label("Files", exact=True).set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"Notes"}
    )
    page.get_by_role("list", name="Attachments").wait_for()
    ask(page, "First prompt")
    answers(page, "done").nth(1).wait_for()
    kitchen.order(QUICK, stream(["another answer"]))
    cell(page, 0).get_by_role("button", name="Regenerate").click()
    cell(page, 0).get_by_text("another answer").wait_for()
    ask(page, "Second prompt")
    answers(page, "done").nth(3).wait_for()
    page.locator(".chat-turn").nth(1).hover()
    page.locator(".chat-turn").nth(1).get_by_role("button", name="Edit prompt").click()
    page.get_by_label("Edited prompt").fill("Second prompt, edited")
    page.get_by_role("button", name="Ask again").click()
    page.locator(".chat-prompt").nth(1).get_by_text("2 / 2").wait_for()
    page.locator(".chat-turn").nth(1).locator(".chat-answer[data-state=done]").nth(1).wait_for()
    return page


def test_an_edited_prompt_keeps_its_old_version_and_each_shows_its_own_answers(
    member: Member, kitchen: Kitchen
) -> None:
    page = branched(member, kitchen)
    assert kitchen.messages(QUICK) == [
        {"role": "user", "content": [{"type": "text", "text": "First prompt"}, NOTES]},
        {"role": "assistant", "content": "another answer"},
        {"role": "user", "content": "Second prompt, edited"},
    ]
    kitchen.order(QUICK, stream(["to the edited one"]))
    cell(page, 0, 1).get_by_role("button", name="Regenerate").click()
    cell(page, 0, 1).get_by_text("to the edited one").wait_for()
    prompt = page.locator(".chat-prompt").nth(1)
    prompt.get_by_label("Version before").click()
    prompt.get_by_text("Second prompt", exact=True).wait_for()
    assert "to the edited one" not in cell(page, 0, 1).inner_text()
    prompt.get_by_label("Next version").click()
    cell(page, 0, 1).get_by_text("to the edited one").wait_for()
    cell(page, 0).get_by_label("Version before").click()
    cell(page, 0).get_by_text("Hello, world!").wait_for()


def test_an_export_that_is_imported_elsewhere_gives_identical_rooms_with_their_branches(
    member: Member, kitchen: Kitchen, tmp_path: Path
) -> None:
    page = branched(member, kitchen)
    with page.expect_download() as download:
        choose(page, "Room", "Export as JSON")
    exported = tmp_path / "room.json"
    download.value.save_as(exported)
    before = conversation(page)
    assert len(before["turns"]) == 3

    other = member.open()
    other.get_by_label("File with rooms").set_input_files(exported)
    dialog = other.get_by_role("dialog", name="Import rooms")
    dialog.get_by_text("First prompt").wait_for()
    assert "3 prompts · 2 models · 1 files" in dialog.inner_text()
    dialog.get_by_role("button", name="Import 1").click()
    cell(other, 0).get_by_text("another answer").wait_for()
    assert conversation(other) == before

    page.get_by_label("File with rooms").set_input_files(exported)
    page.get_by_text("as a copy", exact=True).wait_for()
    page.get_by_role("button", name="Import 1").click()
    page.get_by_role("heading", name="First prompt (copy)").wait_for()
    assert page.locator(".chat-room").count() == 2
    after = conversation(page)
    original = str(before["rooms"][0]["id"])
    assert [room for room in after["rooms"] if room["id"] == original] == before["rooms"]

    with page.expect_download() as download:
        choose(page, "Room", "Export as Markdown")
    written = download.value.path().read_text(encoding="utf-8")
    assert "## You\n\nSecond prompt, edited\n\n## Quick\n\n" in written


def test_a_file_of_the_original_is_read_and_one_that_is_nothing_is_told(member: Member, tmp_path: Path) -> None:
    page = member.open()
    theirs = {
        "title": "From elsewhere",
        "characters": {"c1": {"id": "c1", "model": STEADY}},
        "messages": {
            "m1": {"characterId": "USER", "content": "What is up?", "updatedAt": "2026-01-01T10:00:00Z"},
            "m2": {"characterId": "c1", "content": "The sky.", "updatedAt": "2026-01-01T10:00:01Z"},
        },
    }
    source = tmp_path / "theirs.json"
    source.write_text(json.dumps(theirs), encoding="utf-8")
    page.get_by_label("File with rooms").set_input_files(source)
    page.get_by_role("button", name="Import 1").click()
    cell(page, 0).get_by_text("The sky.").wait_for()
    assert page.locator(".chat-head-model").all_inner_texts() == ["Steady"]

    source.write_text("no json", encoding="utf-8")
    page.get_by_label("File with rooms").set_input_files(source)
    assert "no JSON" in page.get_by_role("dialog").get_by_role("alert").inner_text()


def test_rooms_drafts_and_attachments_are_there_after_a_reload_without_the_instance(
    member: Member, kitchen: Kitchen
) -> None:
    page = member.open(f"/chat?models={SEEING},{QUICK}")
    ask(page, "Remember this")
    answers(page, "done").nth(1).wait_for()
    page.get_by_label("Files", exact=True).set_input_files(
        {"name": "dot.png", "mimeType": "image/png", "buffer": PIXEL}
    )
    files = page.get_by_role("list", name="Attachments")
    files.wait_for()
    assert "does not take" in page.get_by_role("group", name="Models of this room").inner_text()
    composer(page).fill("half a sent")
    page.route("**/api/**", lambda route: route.abort())
    page.route("**/chat/models.json", lambda route: route.abort())
    page.on("console", lambda _: member.complaints.clear())  # the browser reports what is away
    page.reload()
    cell(page, 0).get_by_text("Hello, world!").wait_for()
    assert composer(page).input_value() == "half a sent"
    files.locator("img").wait_for()
    assert page.get_by_text("The list of models could not be loaded").is_visible()
    composer(page).press("Enter")
    note = page.get_by_role("group", name="Error of").first
    note.get_by_text("No connection").wait_for()
    page.wait_for_timeout(300)
    member.complaints.clear()


def test_rooms_are_pinned_renamed_found_by_what_was_said_and_deleted(member: Member, kitchen: Kitchen) -> None:
    kitchen.order(QUICK, stream(["the word is heliotrope"]))
    page = member.open(f"/chat?models={QUICK}")
    ask(page, "First room")
    answers(page, "done").wait_for()
    kitchen.clear()
    composer(page).press("Control+/")
    ask(page, "Second room")
    answers(page, "done").wait_for()
    rooms = page.get_by_role("complementary", name="Rooms").locator(".chat-room a")
    assert [text.strip() for text in rooms.all_inner_texts()] == ["Second room", "First room"]
    choose(page, "Room", "Rename")
    page.get_by_label("Title").fill("Renamed")
    page.get_by_role("button", name="Rename", exact=True).last.click()
    page.get_by_role("heading", name="Renamed").wait_for()
    page.locator(".chat-room").nth(1).hover()
    choose(page, "Actions of First room", "Pin")
    page.get_by_role("heading", name="Pinned").wait_for()
    page.get_by_label("Search rooms").fill("heliotrope")
    expect(rooms).to_have_count(1)
    assert rooms.inner_text().strip() == "First room"
    page.get_by_label("Search rooms").fill("")

    rooms.filter(has_text="Renamed").click()
    choose(page, "Room", "Delete")
    page.get_by_role("dialog", name="Delete “Renamed”?").get_by_role("button", name="Delete").click()
    expect(rooms).to_have_count(1)
    page.reload()
    composer(page).wait_for()
    assert rooms.inner_text().strip() == "First room"
    rooms.click()
    room_id(page)
    page.go_back()
    page.locator(".chat-suggestions").wait_for()
    page.go_forward()
    cell(page, 0).get_by_text("heliotrope").wait_for()


def test_a_fork_goes_its_own_way_and_costs_nothing_yet(member: Member, kitchen: Kitchen) -> None:
    page = branched(member, kitchen)
    original = room_id(page)
    page.locator(".chat-turn").nth(0).hover()
    page.locator(".chat-prompt").nth(0).get_by_label("More for this prompt").click()
    page.get_by_role("button", name="Fork room here").first.click()
    page.get_by_role("heading", name="First prompt (fork)").wait_for()
    assert room_id(page) != original
    assert page.locator(".chat-turn").count() == 1
    assert page.get_by_role("list", name="Attachments").get_by_text("a.txt").is_visible()
    assert page.locator("[data-spent]").count() == 0


def test_a_temporary_chat_is_kept_nowhere(member: Member, kitchen: Kitchen) -> None:
    page = member.open(f"/chat?models={QUICK}")
    page.get_by_role("button", name="Temporary chat").click()
    ask(page, "A secret")
    answers(page, "done").wait_for()
    page.wait_for_timeout(600)
    assert kept(page, "rooms") == kept(page, "turns") == []
    assert page.url.endswith("/chat")
    page.reload()
    page.locator(".chat-suggestions").wait_for()


def test_two_tabs_show_the_same_rooms(member: Member, kitchen: Kitchen) -> None:
    page = member.open(f"/chat?models={QUICK}")
    other = member.page(page.context)
    ask(page, "Seen in both")
    other.locator(".chat-room", has_text="Seen in both").click()
    cell(other, 0).get_by_text("Hello, world!").wait_for()


def test_a_file_is_sent_as_a_part_that_the_model_takes(member: Member, kitchen: Kitchen) -> None:
    page = member.open(f"/chat?models={SEEING}")
    dropped = page.evaluate_handle(
        """(bytes) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "dot.png", { type: "image/png" }));
            data.items.add(new File(["a,b\\n1,2\\n"], "table.csv", { type: "text/csv" }));
            return data;
        }""",
        list(PIXEL),
    )
    page.dispatch_event("body", "dragover", {"dataTransfer": dropped})
    page.dispatch_event("body", "drop", {"dataTransfer": dropped})
    page.get_by_role("list", name="Attachments").get_by_text("table.csv").wait_for()
    ask(page, "What is this?")
    answers(page, "done").wait_for()
    assert kitchen.messages(SEEING)[-1]["content"] == [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{b64encode(PIXEL).decode()}"}},
        {"type": "text", "text": '<file name="table.csv">\na,b\n1,2\n\n</file>'},
    ]


def test_strangers_look_around_and_take_what_they_typed_to_the_sign_in(open_page: OpenPage, site: Served) -> None:
    page = open_page("/chat?models=openai/gpt-5.4-mini&prompt=Typed+before")
    composer(page).wait_for()
    composer(page).press("Enter")
    page.wait_for_url("**/sign-in?next=*")
    page.goto(f"{page.url}&token={site.sign_in_token()}")
    page.locator("main").get_by_role("button", name="Sign in").click()
    composer(page).wait_for()
    assert composer(page).input_value() == "Typed before"
    assert page.locator(".chat-turn").count() == 0


def test_without_scripts_the_page_says_what_it_needs(open_page: OpenPage) -> None:
    page = open_page("/chat", scripts=False)
    assert page.get_by_role("heading", name="The chat needs scripts").is_visible()
    assert not page.locator(".needs-script:visible").count()
