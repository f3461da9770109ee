"""`jianliu bench`: how fast the real product is, beside yardsticks measured in the same run.

Absolute figures of a shared machine move by a factor of two within the hour; the ratios
inside one interleaved run do not (docs/performance.md). The server under test is the real
command in its own process, on a real database file with durable commits.
"""
