"""The paper's tables made anew: measured, set beside the printed figures, and put into plain words."""
