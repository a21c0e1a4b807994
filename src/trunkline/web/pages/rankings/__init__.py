"""`/rankings`: what this instance's public traffic was, one module for each kind of section (site.md 7).

The numbers are those of the datasets API: the same functions of `statistics/`.
"""
