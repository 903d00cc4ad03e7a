"""The installed package, without the checkout on the path."""
