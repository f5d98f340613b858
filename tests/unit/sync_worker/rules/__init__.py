"""Every combination of what Graph shows, what the platform wants and what both last agreed on, tried on the shipped code."""
