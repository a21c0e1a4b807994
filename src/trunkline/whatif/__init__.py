"""What if: recorded requests routed again, by other preferences, settings or prices.

Only facts are replayed (tokens, requirements, times, outcomes), never content, and nobody is called. The planner is the
one that real requests meet (`routing/plan.py`).

    records    generations, page by page          past       what routing knew then
    asking     a generation → its query           measured   how endpoints fared then
    policy     what is to be different            expected   attempts → what would probably have come of them
    totals     sums of it                         report     what is told
    replay     all of it, in one pass
"""
