"""The request/response WebSocket API of Binance: one signed session, any number of calls, every order's fate known.

Unofficial. Start at `SpotClient`.
"""
