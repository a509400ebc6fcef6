namespace DePin.Tools;

/// <summary>Ends a command with one clear sentence on stderr. Exit code 2: the input was wrong; 1: the work failed.</summary>
internal sealed class CommandException(int exitCode, string message, Exception? cause = null) : Exception(message, cause)
{
    public int ExitCode { get; } = exitCode;

    public static CommandException WrongInput(string sentence) => new(2, sentence);

    public static CommandException Failed(string sentence, Exception? cause = null) => new(1, sentence, cause);
}
