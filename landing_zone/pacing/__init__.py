"""When a call to Azure Resource Manager may be sent: quotas, holds and turns, without any effect.

Time is a number of seconds that the caller gives; nothing here waits.
"""
