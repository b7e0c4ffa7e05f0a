"""Where things lie: a photo on the canvas, a face in a photo, crops and the way back. NumPy alone."""
