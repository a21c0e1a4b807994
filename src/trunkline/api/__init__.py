"""HTTP for programs. Generation endpoints are raw ASGI callables; the rest is Starlette."""
