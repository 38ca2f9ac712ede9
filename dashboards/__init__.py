"""Streamlit pages over a workspace; they read and act through ``engine.api`` only."""
