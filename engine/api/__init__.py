"""The facade every door uses: command line, dashboards, notebooks. One function per thing a person can ask for."""
