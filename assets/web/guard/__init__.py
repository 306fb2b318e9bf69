"""What every request passes before it reaches a page: whom it may come from, what it may ask, how it is answered."""
