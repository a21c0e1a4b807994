"""OpenAI Responses, towards upstreams: stateless (`store: false`), the whole history in `input`."""
