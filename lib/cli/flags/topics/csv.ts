export const csv = `polyloop reads CSV as spreadsheets and Python's csv module do. A row is an object whose
keys are the names in the header, and whose values are strings: {"id":"1","note":"two\\nlines"}.

{flags}

A first line sep=; (as Excel writes it) sets the separator. Empty lines are skipped. A row with more
or fewer values than the header is a failed input with its line number. So is a row with bytes that
are not UTF-8. If the header is not UTF-8, the run does not start. UTF-16 with a byte order mark is
decoded.

A column without a name is named by its number, for example column3. A second column a is named a_2.
The run reports both changes.

Results are written below a header with the keys of the first result. A key that is missing in a
later result is an empty cell, and so are null and undefined. A result with a new key fails its
input. Arrays and objects are written as JSON. Cells are quoted where needed. A row ends with \\n.

The columns of results have the order of the first input's header, also in JSON, and even if their
names are whole numbers (name,2021,2020). JavaScript puts such keys first: inside a task, in nested
objects, and in JSON results over a broker.
`;
