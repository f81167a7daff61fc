"""Reporting: what became of each request, how long it took in working time, and the figures made of that."""
