"""The supervision cycle: records of conduct in, scores, grades, ratios, public draws and measurements out."""
