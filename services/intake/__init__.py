"""Intake: bodies, persons and their grants, requests with their conversation, and the front-ends they come by."""
