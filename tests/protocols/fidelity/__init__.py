"""How faithfully each upstream format is read and written, measured on all recorded traffic.

`python -m tests.protocols.fidelity` prints the table and writes docs/develop/fidelity.md. The comparisons are those of
the tests beside this package; here they are counted by feature.
"""
