"""What is special about some types of resources: small hooks that the catalogue names."""
