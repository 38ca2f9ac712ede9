"""The public site: which plans, draws and results stand on it."""
