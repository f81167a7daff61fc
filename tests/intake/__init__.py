"""Intake: its application programming interface, its mail, its stores."""
