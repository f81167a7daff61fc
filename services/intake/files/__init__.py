"""Attachments as things of the outside: the policy of the installation, and the virus scanner beside it."""
