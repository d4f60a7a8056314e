"""The shapes that request bodies must have, taken from Microsoft's own SDK models."""
