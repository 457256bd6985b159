"""What the commands share: their options, where to connect, which key, how to print, how to end."""
