"""Canvas -> what is painted on it: one network, two scales, mirrored, ONNX. Never see the photo."""
