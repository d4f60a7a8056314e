"""The App Service managed-identity endpoint, and the tokens that it issues."""
