"""What an answer used and cost, for tests of what stands at its end."""

from trunkline.core.money import Charge, NanoUsd
from trunkline.protocols.answers import UsageReport
from trunkline.protocols.chat.usage import render_usage
from trunkline.protocols.events import Usage

USAGE = Usage(prompt_tokens=9, completion_tokens=2)
CHARGE = Charge(
    total_nanousd=NanoUsd(21_000),
    upstream_nanousd=NanoUsd(21_000),
    upstream_prompt_nanousd=NanoUsd(9_000),
    upstream_completion_nanousd=NanoUsd(12_000),
)
REPORT = UsageReport(usage=USAGE, charge=CHARGE, service_tier="default")
CHAT_USAGE = render_usage(USAGE, CHARGE).decode()
"""The usage object that a chat client reads of it."""
