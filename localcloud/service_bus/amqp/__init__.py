"""AMQP 1.0 as bytes: values, performatives, frames and messages; pure, and knows no queue.

Source of all of it: OASIS AMQP 1.0, parts 1 (types), 2 (transport), 3 (messaging), 5 (security).
"""
