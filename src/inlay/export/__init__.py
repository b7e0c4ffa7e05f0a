"""The model as one ONNX file, and filling with it where PyTorch is not installed."""
