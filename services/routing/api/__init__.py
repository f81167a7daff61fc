"""The HTTP API of routing, one module for each resource; `documents.py` says what answers look like."""
