"""Is an export still the model: asked the same, compared, and judged by thresholds."""
