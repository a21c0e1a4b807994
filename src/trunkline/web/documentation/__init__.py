"""The guides of `docs/`, and Markdown in general, as HTML."""
