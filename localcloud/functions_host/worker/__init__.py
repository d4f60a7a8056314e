"""The worker child: Microsoft's Python worker library, driven over a private channel."""
