"""Operations on pictures as arrays: smooth and biharmonic continuation, Gaussians, lines. No PyTorch."""
