"""What answers consist of besides text, and what becomes of a page whose session ended (site.md 5.3, UX-12)."""

from tests.fakes.replies import stream
from tests.web.chatting import QUICK, STEADY, Kitchen, Member, answers, ask, cell, choose, composer
from tests.web.members import sign_in
from tests.web.screens import PHONE

_CALL = {"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": {"name": "weather", "arguments": ""}}]}
_ARGUMENTS = {"tool_calls": [{"index": 0, "function": {"arguments": '{"city": "Lisbon"}'}}]}


def test_reasoning_and_tool_calls_are_folded_away_and_an_artifact_opens_apart(member: Member, kitchen: Kitchen) -> None:
    page_source = "```html\n<h1>Shown apart</h1>\n```\n"
    kitchen.order(QUICK, stream([{"reasoning": "First I think."}, page_source, _CALL, _ARGUMENTS], finish="tool_calls"))
    page = member.open(f"/chat?models={QUICK}")
    ask(page, "Make a page")
    answers(page, "done").wait_for()
    reasoning = page.get_by_text("First I think.")
    assert not reasoning.is_visible()
    page.get_by_text("Reasoned for").click()
    assert reasoning.is_visible()
    page.get_by_text("Calls weather").click()
    assert page.get_by_text('{"city": "Lisbon"}').is_visible()
    page.get_by_role("button", name="Run").click()
    frame = page.get_by_role("dialog", name="Artifact").frame_locator("iframe")
    frame.get_by_role("heading", name="Shown apart").wait_for()
    page.keyboard.press("Escape")

    page.get_by_label("More for this answer").click()
    page.get_by_role("button", name="Report a problem").click()
    dialog = page.get_by_role("dialog", name="Report a problem")
    dialog.get_by_label("What was wrong").select_option("formatting")
    dialog.get_by_label("Comment").fill("Too plain")
    dialog.get_by_role("button", name="Send report").click()
    page.get_by_text("Thank you").wait_for()


def test_another_model_answers_beside_the_first_answer_which_stays(member: Member, kitchen: Kitchen) -> None:
    kitchen.order(QUICK, stream(["by quick"]))
    kitchen.order(STEADY, stream(["by steady"]))
    page = member.open(f"/chat?models={QUICK}")
    ask(page, "Who answers?")
    answers(page, "done").wait_for()
    choose(page, "More for this answer", "Answer with another model")
    page.get_by_role("combobox", name="Search models").fill("steady")
    page.keyboard.press("Enter")
    cell(page, 0).get_by_text("by steady").wait_for()
    assert cell(page, 0).locator(".chat-answer-model").inner_text() == "Steady"
    cell(page, 0).get_by_label("Version before").click()
    cell(page, 0).get_by_text("by quick").wait_for()


def test_a_session_that_ends_costs_no_text_and_signing_in_elsewhere_mends_it(member: Member, kitchen: Kitchen) -> None:
    elsewhere = member.stranger()
    sign_in(elsewhere, member.site)
    page = member.page(elsewhere.context, f"/chat?models={QUICK}", expects_error=True)
    elsewhere.locator(".account-menu > summary").click()
    elsewhere.get_by_role("button", name="Sign out").click()
    elsewhere.wait_for_load_state()
    ask(page, "Asked too late")
    note = page.get_by_role("group", name="Error of Quick")
    note.get_by_text("You are signed out").wait_for()
    assert page.get_by_text("Asked too late").first.is_visible()
    sign_in(elsewhere, member.site)
    note.get_by_role("button", name="Retry").click()
    answers(page, "done").wait_for()


def test_a_swipe_shows_the_next_column(member: Member, kitchen: Kitchen) -> None:
    page = member.open(f"/chat?models={QUICK},{STEADY}", PHONE)
    ask(page, "Hello")
    answers(page, "done").nth(1).wait_for(state="attached")
    assert not cell(page, 1).is_visible()
    page.locator(".chat-scroll").evaluate(
        """(box) => {
            const at = (clientX) => new Touch({ identifier: 1, target: box, clientX, clientY: 300 });
            box.dispatchEvent(new TouchEvent("touchstart", { touches: [at(300)], changedTouches: [at(300)] }));
            box.dispatchEvent(new TouchEvent("touchend", { touches: [], changedTouches: [at(120)] }));
        }"""
    )
    cell(page, 1).wait_for()
    assert composer(page).is_visible()
