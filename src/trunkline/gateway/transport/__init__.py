"""HTTP/1.1 to providers, on asyncio: connections that are kept alive, bodies handed over as they come.

client.py            HttpTransport: the seam `providers.upstream.Upstream` over sockets
pool.py              which idle connection may carry the next request
dialer.py            a new connection: addresses, TLS, tunnel
resolver.py  tls.py  proxy.py
connection.py        one socket: events in, bytes out, back-pressure
response.py          one request on a connection and its answer, with its deadlines
wire.py              the bytes of HTTP/1.1, without sockets
content_encoding.py  gzip and deflate, for servers that compress unasked
target.py            URLs
"""
