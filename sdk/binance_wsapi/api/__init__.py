"""The typed methods. They know the venue's facts and their `Caller`, and nothing of connections."""
