"""A local Functions host: runs a Python v2-model function app unchanged, durable or not.

Microsoft's own worker library runs the app in a child process; this package is the other side: the
HTTP front, the timers, and the durable engine that persists every step in SQLite.
"""
