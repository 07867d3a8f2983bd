"""What can go wrong with the data given to MovieLensExampleGen.

```
IngestError                 anything below; the CLI prints it as one line
├─ IngestConfigError        what was asked for makes no sense
├─ SourceError              the folder cannot be read as MovieLens data
│  ├─ UnknownLayoutError    no published layout, or several at once
│  ├─ MissingSpanError      a pattern of spans that nothing matches
│  ├─ MissingFileError      a layout with one of its files missing
│  ├─ EmptyFileError        a file without a single row
│  ├─ PackedFileError       a file that is to be unpacked or converted first
│  ├─ WrongHeaderError      a CSV file whose first line lacks a column
│  ├─ TimestampUnitError    times in another unit than they are said to be
│  └─ TruncatedFileError    a file cut in the middle of its last line
├─ TooManyBadRowsError      more unusable rows than `max_bad_row_fraction`
├─ TitleEncodingError       more titles of an unknown encoding than that
├─ OutputExistsError        data to be written would replace other data
└─ DownloadError            a published archive cannot be fetched, or is damaged
```
"""


class IngestError(ValueError):
    """Base of all errors that the user's data or options cause."""


class IngestConfigError(IngestError):
    """What is to be made or fetched makes no sense."""


class SourceError(IngestError):
    """The input folder cannot be read as MovieLens data."""


class UnknownLayoutError(SourceError):
    """The folder is in none of the published layouts, or in several at once."""


class MissingSpanError(SourceError):
    """No folder matches the pattern of spans, or none the span that was asked for."""


class MissingFileError(SourceError):
    """The folder, or one of the files of its layout, does not exist."""


class EmptyFileError(SourceError):
    """A file of the layout holds no rows."""


class PackedFileError(SourceError):
    """A file is compressed, or in an encoding of two bytes a character."""


class WrongHeaderError(SourceError):
    """The first line of a CSV file lacks a column that is needed, or has it twice."""


class TimestampUnitError(SourceError):
    """Timestamps are in another unit than `data.timestamp_unit`, or tell no time."""


class TruncatedFileError(SourceError):
    """A file ends in the middle of a line, as an interrupted copy leaves it."""


class TooManyBadRowsError(IngestError):
    """More rows than allowed could not be used; they are in the quarantine file."""


class TitleEncodingError(IngestError):
    """More titles than allowed are not UTF-8, and nobody has said what they are."""


class OutputExistsError(IngestError):
    """A file to be written is there already, with other contents."""


class DownloadError(IngestError):
    """A published archive cannot be fetched, or what was fetched is damaged."""
