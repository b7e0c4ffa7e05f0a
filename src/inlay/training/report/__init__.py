"""The page of a run, `inlay report`: charts, tables, sheets of filled faces. Nothing here trains."""
