"""Photo -> face frames. Choose no finishing."""
