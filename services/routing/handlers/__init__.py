"""Use cases of routing: synchronous functions over a unit of work, each readable from top to bottom."""
