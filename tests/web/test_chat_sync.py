"""Rooms that are kept on the server, in workspaces, and shared by link (site.md CHAT-02, CHAT-05, "Accept when")."""

import asyncio

from playwright.sync_api import Page, expect

from tests.fakes.replies import stream
from tests.web.chatting import (
    QUICK,
    STEADY,
    Kitchen,
    Member,
    answers,
    ask,
    cell,
    choose,
    composer,
    records_of_session,
    room_id,
)


def keep_on_server(page: Page) -> None:
    page.get_by_role("button", name="Kept on this device only").click()
    dialog = page.get_by_role("dialog", name="Where rooms are kept")
    dialog.get_by_role("radio", name="Synced").check()
    dialog.get_by_text("Up to date.").wait_for()
    dialog.get_by_role("button", name="Done").click()


def test_synced_rooms_are_in_the_second_browser_and_what_is_deleted_there_goes_here(
    member: Member, kitchen: Kitchen
) -> None:
    first = member.open(f"/chat?models={QUICK}")
    ask(first, "Said in the first browser")
    answers(first, "done").wait_for()
    keep_on_server(first)

    second = member.open()
    assert second.locator(".chat-room").count() == 0
    keep_on_server(second)
    second.locator(".chat-room", has_text="Said in the first browser").click()
    cell(second, 0).get_by_text("Hello, world!").wait_for()
    kitchen.order(QUICK, stream(["heard in the second"]))
    with second.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
        ask(second, "Said in the second browser")

    with first.expect_response(lambda answer: answer.request.method == "PUT"):  # what was typed here goes too
        ask(first, "Said in the first again, not knowing of the second")
    first.get_by_text("heard in the second").first.wait_for(state="attached")
    assert first.locator(".chat-prompt").nth(1).get_by_text("/ 2").is_visible()

    choose(second, "Room", "Delete")
    with second.expect_response(lambda answer: answer.request.method == "DELETE"):
        second.get_by_role("dialog").get_by_role("button", name="Delete").click()
    first.reload()
    composer(first).wait_for()
    expect(first.locator(".chat-room")).to_have_count(0)


def test_a_link_shows_the_branch_to_strangers_until_it_is_ended(member: Member, kitchen: Kitchen) -> None:
    page = member.open(f"/chat?models={QUICK}", expects_error=True)
    ask(page, "Something to show")
    answers(page, "done").wait_for()
    choose(page, "Room", "Share by link")
    dialog = page.get_by_role("dialog", name="Share by link")
    dialog.get_by_role("button", name="Create a link").click()
    address = str(dialog.get_by_role("link").get_attribute("href"))
    stranger = member.stranger()
    stranger.goto(address)
    assert "Something to show" in stranger.locator("main").inner_text()
    assert "Hello, world!" in stranger.locator("main").inner_text()
    dialog.get_by_role("button", name="End").click()
    expect(dialog.get_by_role("link")).to_have_count(0)
    gone = stranger.goto(address)
    assert gone is not None
    assert gone.status == 404


def test_the_third_room_offers_to_sync_and_no_is_remembered(member: Member, kitchen: Kitchen) -> None:
    page = member.open(f"/chat?models={QUICK}")
    for at in range(3):
        ask(page, f"Room {at}")
        answers(page, "done").wait_for()
        composer(page).press("Control+/")
    page.get_by_text("These rooms are in this browser only").wait_for()
    page.get_by_role("button", name="Not now").click()
    page.reload()
    composer(page).wait_for()
    assert page.get_by_text("These rooms are in this browser only").count() == 0


def test_each_workspace_has_its_own_rooms_and_switching_stops_what_still_arrives(
    member: Member, kitchen: Kitchen
) -> None:
    workspace = member.workspace("Research", model=STEADY)
    held = asyncio.Event()
    kitchen.order(QUICK, stream(["begun in the first", held]))
    page = member.open(f"/chat?models={QUICK}")
    ask(page, "Asked in the default workspace")
    cell(page, 0).get_by_text("begun in the first").wait_for()
    page.get_by_role("combobox", name="Workspace").select_option("Research")
    page.get_by_role("dialog").get_by_role("button", name="Stop and switch").click()
    expect(page.locator(".chat-head-model")).to_have_text("Steady")
    assert page.locator(".chat-room").count() == 0
    ask(page, "Asked in the other")
    answers(page, "done").wait_for()
    record = records_of_session(page, member.site, room_id(page), 1)[0]
    assert record["workspace_id"] == workspace
    page.get_by_role("combobox", name="Workspace").select_option(index=0)
    page.locator(".chat-room", has_text="Asked in the default workspace").click()
    answers(page, "stopped").or_(answers(page, "interrupted")).wait_for()
    kitchen.provider.set(held)
