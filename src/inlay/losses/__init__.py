"""Losses: tensors in, one number out. They hold no weights and do not know which network made the tensors."""
