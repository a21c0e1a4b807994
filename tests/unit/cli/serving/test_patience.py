from trunkline.cli.serving.patience import Bounds, Patience

BOUNDS = Bounds(head_s=10, answer_s=30, idle_s=75)


def test_a_head_has_its_time_from_the_first_byte() -> None:
    patience = Patience(0)
    patience.begin_head(4)
    assert patience.verdict(9, BOUNDS, unsent_bytes=0, owes_rest=False, is_read=True) == "wait"
    assert patience.verdict(10, BOUNDS, unsent_bytes=0, owes_rest=False, is_read=True) == "refuse"


def test_a_connection_that_says_nothing_is_closed_without_a_word() -> None:
    assert Patience(0).verdict(10, BOUNDS, unsent_bytes=0, owes_rest=False, is_read=True) == "close"


def test_a_client_may_think_between_two_requests_but_not_for_ever() -> None:
    patience = Patience(0)
    patience.begin_head(0)
    patience.end_head()
    assert patience.verdict(1_000, BOUNDS, unsent_bytes=0, owes_rest=False, is_read=True) == "wait"
    patience.idle_since_s = 1_000.0
    assert patience.verdict(1_074, BOUNDS, unsent_bytes=0, owes_rest=False, is_read=True) == "wait"
    assert patience.verdict(1_075, BOUNDS, unsent_bytes=0, owes_rest=False, is_read=True) == "close"


def test_a_new_request_ends_the_thinking() -> None:
    patience = Patience(0)
    patience.end_head()
    patience.idle_since_s = 0.0
    patience.begin_head(74)
    assert patience.verdict(80, BOUNDS, unsent_bytes=0, owes_rest=False, is_read=True) == "wait"


def test_the_rest_of_an_answered_request_is_waited_for_as_long_as_a_head() -> None:
    patience = Patience(0)
    patience.end_head()
    assert patience.verdict(100, BOUNDS, unsent_bytes=0, owes_rest=True, is_read=True) == "wait"
    assert patience.verdict(109, BOUNDS, unsent_bytes=0, owes_rest=False, is_read=True) == "wait"
    assert patience.verdict(110, BOUNDS, unsent_bytes=0, owes_rest=True, is_read=True) == "wait"
    assert patience.verdict(120, BOUNDS, unsent_bytes=0, owes_rest=True, is_read=True) == "close"


def test_a_client_that_takes_something_now_and_then_is_no_stuck_one() -> None:
    patience = Patience(0)
    patience.end_head()
    for second, unsent in ((0, 90), (29, 80), (58, 80)):
        assert patience.verdict(second, BOUNDS, unsent_bytes=unsent, owes_rest=False, is_read=True) == "wait"
    assert patience.verdict(59, BOUNDS, unsent_bytes=80, owes_rest=False, is_read=True) == "abort"


def test_a_head_that_we_do_not_read_is_not_late() -> None:
    patience = Patience(0)
    patience.begin_head(0)
    assert patience.verdict(100, BOUNDS, unsent_bytes=0, owes_rest=False, is_read=False) == "wait"
    assert patience.verdict(109, BOUNDS, unsent_bytes=0, owes_rest=False, is_read=True) == "wait"
    assert patience.verdict(110, BOUNDS, unsent_bytes=0, owes_rest=False, is_read=True) == "refuse"
