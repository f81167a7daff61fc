"""Notify tells people what happened to the requests they have a part in: by e-mail and on a page of their own."""
