"""The rules of intake: no I/O, no clock, no chassis; facts and times come in as arguments."""
