"""Panel and declaration into persons' scores and means of areas."""
