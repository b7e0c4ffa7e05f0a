"""Operations on pictures as arrays: smooth and biharmonic continuation, Gaussians. NumPy and SciPy alone."""
