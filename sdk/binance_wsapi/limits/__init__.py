"""Never over a limit of the venue, never banned: one budget for weight, orders and connections, shared by every process.

`limiter` is the door every request passes. What it decides is decided without an event loop, a clock or a socket in `window`
and `bucket` (one limit), `ledger` (all of one address and account), `bans`, `policy` and, for a shared budget, `lease` (one
process's side), `store` (what they tell each other) and `division` (how it is divided). Only `limiter`, `waiting` and
`store_sync` wait, and only `sqlite_store` and `redis_store` touch a file or a server.
"""
