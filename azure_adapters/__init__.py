"""The one room that talks to Azure; its errors become ours here."""
