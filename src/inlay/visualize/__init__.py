"""Pictures about pictures: what a model was given, what it saw and what it made of it."""
