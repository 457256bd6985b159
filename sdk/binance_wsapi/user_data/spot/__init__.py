"""What is about Spot in user data: what is asked, how its events are told in order, its open orders and balances."""
