"""Many photos: folders, manifests, a journal, processes, Ray. Fills nothing itself."""
