"""What can go wrong with the data. The CLI prints every IngestError as one line."""


class IngestError(ValueError):
    """Base of all errors that the user's data or options cause."""


class IngestConfigError(IngestError):
    """What is to be made or fetched makes no sense."""


class SourceError(IngestError):
    """The input folder cannot be read as MovieLens data: a file is empty, packed or cut, say."""


class UnknownLayoutError(SourceError):
    """The folder is in none of the published layouts, or in several at once."""


class MissingSpanError(SourceError):
    """No folder matches the pattern of spans, or none has the span that was asked for."""


class MissingFileError(SourceError):
    """The folder, or one of the files of its layout, does not exist."""


class OutputExistsError(IngestError):
    """A file to be written exists already, with other contents."""


class DownloadError(IngestError):
    """A published archive cannot be fetched, or is damaged."""
