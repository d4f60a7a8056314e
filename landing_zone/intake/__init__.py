"""Requests that come in as messages, and the messages that answer them; pure."""
