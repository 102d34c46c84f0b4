"""Published figures of well-known protocols, measured again."""
