"""What happened between two times, page by page: the part that knows nothing of a product's methods.

`moments` reads times, `rows` pages and can be resumed, `frames` makes tables of rows. Which methods bring the pages is said
by the product's client.
"""
