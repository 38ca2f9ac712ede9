"""What a page shows, as a file to take away: the same tables, as a workbook, CSV or JSON."""

from engine.store.outputs.table_files import csv_bytes, json_bytes, xlsx_bytes

__all__ = ["csv_bytes", "json_bytes", "xlsx_bytes"]
