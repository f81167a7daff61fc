"""The use cases of intake: synchronous decisions over a Work, and the few reads that prepare them."""
