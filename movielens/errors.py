"""What can go wrong with the data: every error is an IngestError, which the CLI prints as a line."""


class IngestError(ValueError):
    """Base of all errors that the user's data or options cause."""


class IngestConfigError(IngestError):
    """What is to be made or fetched makes no sense."""


class SourceError(IngestError):
    """The input folder cannot be read as MovieLens data."""


class UnknownLayoutError(SourceError):
    """The folder is in none of the published layouts, or in several at once."""


class MissingSpanError(SourceError):
    """No folder matches the pattern of spans, or none has the span that was asked for."""


class MissingFileError(SourceError):
    """The folder, or one of the files of its layout, does not exist."""


class EmptyFileError(SourceError):
    """A file of the layout holds no rows."""


class PackedFileError(SourceError):
    """A file is compressed, or in an encoding of two bytes a character."""


class WrongHeaderError(SourceError):
    """The first line of a CSV file lacks a needed column, or has it twice."""


class TimestampUnitError(SourceError):
    """Timestamps are in another unit than `data.timestamp_unit`, or are no times."""


class TruncatedFileError(SourceError):
    """A file ends in the middle of a line, as after an interrupted copy."""


class TooManyBadRowsError(IngestError):
    """More than `max_bad_row_fraction` of the rows cannot be used; the quarantine has them."""


class TitleEncodingError(IngestError):
    """More than `max_bad_row_fraction` of the titles are in an unknown encoding."""


class OutputExistsError(IngestError):
    """A file to be written exists already, with other contents."""


class DownloadError(IngestError):
    """A published archive cannot be fetched, or is damaged."""
