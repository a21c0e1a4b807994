"""Twenty endpoints that live through outages, in virtual time, in front of the very planner and health code.

Nothing is called and nobody sleeps: a request is planned by `trunkline.routing`, each attempt asks a simulated
endpoint what becomes of it at that moment, and the outcome reaches `MemoryHealth` when it would have: a timeout ten
seconds later.
"""
