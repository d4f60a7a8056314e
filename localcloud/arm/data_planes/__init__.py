"""The data planes of services that Azure Resource Manager has made, on a TLS port of their own.

They share its store, and its faults. A service is a module with a function `routes`, which is named
in `server.MODULES`.
"""
