"""The base of every error raised on purpose, and errors of the call itself; exit status 2."""

from engine.messages import N_, Message, Translate


class SupervisionError(Exception):
    """Base of all errors a person can act on.

    Parameters
    ----------
    **params : values of the class's ``template``; also machine-readable in ``--json`` output.
    """

    code = "supervision"
    exit_status = 1
    template = N_("Something is wrong.")

    def __init__(self, **params: object) -> None:
        self.params = params
        super().__init__(self.message.render())

    @property
    def message(self) -> Message:
        """The sentence as a translatable message."""
        return Message(self.template, self.params)

    def render(self, translate: Translate) -> str:
        """Return the sentence in the language of ``translate``."""
        return self.message.render(translate)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.params))


def _rebuild(kind: type[SupervisionError], params: dict[str, object]) -> SupervisionError:
    return kind(**params)


class UsageError(SupervisionError):
    """The call itself is wrong: an option, a date, a name that cannot be read."""

    code = "usage"
    exit_status = 2
    template = N_("{what}: {value!r} is not usable; {remedy}.")

    @property
    def message(self) -> Message:
        """The sentence; without a value where none was given."""
        if self.params.get("value") == "":
            return Message(N_("{what}: {remedy}."), self.params)
        return super().message


class MisusedCommandError(UsageError):
    """The command line cannot be read: an unknown option, a missing argument."""

    code = "usage.command"
    template = N_("The command cannot be read: {problem}; 'xinheng COMMAND --help' shows what it takes.")


class DocumentUnreadableError(UsageError):
    """A YAML file named by the caller cannot be read."""

    code = "usage.document_unreadable"
    template = N_("File {file} cannot be read: {problem}.")


class SourceNotFoundError(UsageError):
    """A file or folder named by the caller is not there."""

    code = "usage.source_not_found"
    template = N_("There is no file or folder {path}: check the path.")


class NoDataFileError(SourceNotFoundError):
    """A folder named by the caller is there but holds nothing that can be loaded."""

    code = "usage.no_data_file"
    template = N_("The folder {path} holds no CSV, XLSX or Parquet file: name the folder in which they lie.")


class InputMissingError(SourceNotFoundError):
    """None of the files given, or more than the one that is allowed, has a name that the mapping reads."""

    code = "usage.input_missing"
    template = N_("Mapping {mapping} reads {input}: {found} of the files given fit ({there}); name the right folder.")


class MappingNotFoundError(SourceNotFoundError):
    """There is neither a shipped mapping of this name nor such a file."""

    code = "usage.mapping_not_found"
    template = N_("There is no mapping {path}: give the path of a mapping file, or one of the shipped names {known}.")
