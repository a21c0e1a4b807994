"""Wire formats, sans-IO: bytes in, bytes out; no sockets, no await, no clock.

`events.py` and `requests.py` are the hub that every format converts to and from; `answers.py` is the seam
through which the gateway relays an upstream's answer without knowing which path (native or hub) it takes.
"""
