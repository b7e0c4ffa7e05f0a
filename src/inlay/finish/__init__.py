"""What happens to a painted canvas until it lies in the photo: a recipe of steps. No network, no PyTorch."""
