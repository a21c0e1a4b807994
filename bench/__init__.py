"""Speed and memory of a whole gateway, measured against a plain proxy and peers in one interleaved run.

python -m bench --quick
"""
