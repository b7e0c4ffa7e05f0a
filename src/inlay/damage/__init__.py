"""From a photo to its damage: the hole that nobody has to paint."""
