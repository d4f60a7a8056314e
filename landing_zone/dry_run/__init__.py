"""What applying a plan would do to what is there: judged purely from what was read."""
