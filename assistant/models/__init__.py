"""What a model is and where it comes from: specs, folders on this machine, the registry, downloads."""
