"""Routing: who is asked to help with a request, and who does. Owns experts, matching and assignments."""
