"""`make bench-intake`: finding requests among a million of them, and submitting beside them."""
