"""What goes out after a draw: certificate, bundle, public log, substitutions, tables for those who may know names."""
