"""The only place that touches files, databases and clocks; raises ``StoreError`` for what a driver refuses."""
