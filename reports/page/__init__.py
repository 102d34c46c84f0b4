"""One self-contained HTML page about a run, or about two of one scenario: it asks nothing of any network.

data      what the page's script is given: columns of numbers and texts
build     the page: verdicts, faults, pictures, and the script with its data
page.css  how it looks, light and dark
page.js   the space-time diagram on a canvas
"""
