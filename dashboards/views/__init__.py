"""One script per page; Streamlit runs it, nothing imports it."""
