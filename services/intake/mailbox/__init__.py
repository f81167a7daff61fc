"""The e-mail front-end: how mail comes in (`listener.py`) and what it says (`messages.py`, `plain_text.py`).

Another way in (LMTP, an IMAP poller) is one more file that hands raw bytes to the same `receive`.
"""
