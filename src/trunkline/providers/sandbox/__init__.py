"""The built-in provider (operating.md OP-13): answers like a chat provider, in the process, needing no network.

It speaks openai-chat through the same seam as every real upstream, so that whatever works here works there. Nothing is
random: the same request with the same seed gives the same answer. It never pretends to be a model.
"""
