"""What was delivered of an account, and what the venue's answers say is missing. Pure."""
