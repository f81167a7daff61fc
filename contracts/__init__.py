"""The published language: every event that one service tells another, and the vocabulary they share.

Imports pydantic, the standard library and data; nothing else (checked by import-linter).
"""
