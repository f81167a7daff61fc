"""The HTTP API of reporting: reports of service levels, and measurements of procedures."""
