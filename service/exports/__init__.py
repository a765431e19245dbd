"""What is read, as files that a person opens: CSV, XLSX, Parquet, SDMX-CSV, HTML.

`figures` has the one row that every table is made of, `forms` the forms and their names, `writing` begins a file of any
form; one module writes each.  Nothing here knows of HTTP, of the store, or of how a report is read.
"""
