"""Client order ids: which are made, what bears them, what had them before, what renames them."""
