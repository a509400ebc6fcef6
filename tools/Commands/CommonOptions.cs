using System.CommandLine;
using System.CommandLine.Parsing;

namespace DePin.Tools.Commands;

/// <summary>Options that several commands share, each with its bounds.</summary>
internal static class CommonOptions
{
    public static Option<string> Data() => new("--data")
    {
        Description = "Data folder of the backend",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => Repository.DemonstrationFolder,
        CustomParser = result => Path.GetFullPath(result.Tokens[0].Value),
    };

    public static Option<bool> Json(string description) => new("--json") { Description = description };

    /// <summary>Whether a command's own backend keeps everything in a PostgreSQL of its own.</summary>
    public static Option<bool> Postgres { get; } = new("--postgres") { Description = "On a PostgreSQL server of its own instead of SQLite; it must be installed" };

    /// <summary>Where a command leaves what it made, to look at it.</summary>
    public static Option<string?> Keep { get; } = new("--keep") { Description = "Keeps all data in this new folder, to look at it; otherwise it is removed", HelpName = "FOLDER" };

    /// <summary>How many equal backends a command starts.</summary>
    public static Option<int?> Instances { get; } = Number("--instances", "Instances of the backend over one PostgreSQL; 1 unless given", 1, 9);

    /// <summary>Whether PostgreSQL is wanted, or needed for several instances.</summary>
    public static bool IsOnPostgres(ParseResult parsed) => parsed.GetValue(Postgres) || parsed.GetValue(Instances) > 1;

    /// <summary>A whole number between two bounds; null when it is not given.</summary>
    public static Option<int?> Number(string name, string description, int least, int most) => new(name)
    {
        Description = $"{description} ({least} to {most})",
        HelpName = "N",
        CustomParser = result => int.TryParse(result.Tokens[0].Value, out int number) && number >= least && number <= most
            ? number
            : Wrong<int?>(result, $"{name} takes a whole number from {least} to {most}, not '{result.Tokens[0].Value}'"),
    };

    /// <summary>A number between two bounds; null when it is not given.</summary>
    public static Option<double?> Real(string name, string description, double least, double most) => new(name)
    {
        Description = $"{description} ({least} to {most})",
        HelpName = "X",
        CustomParser = result => double.TryParse(result.Tokens[0].Value, out double number) && number >= least && number <= most
            ? number
            : Wrong<double?>(result, $"{name} takes a number from {least} to {most}, not '{result.Tokens[0].Value}'"),
    };

    /// <summary>A moment, UTC unless it says otherwise; null when it is not given.</summary>
    public static Option<DateTimeOffset?> Moment(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result => DateTimeOffset.TryParse(
                result.Tokens[0].Value, null, System.Globalization.DateTimeStyles.AssumeUniversal | System.Globalization.DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
            && time.Year is >= 2000 and < 2100
            ? time
            : Wrong<DateTimeOffset?>(result, $"{name} takes a time between 2000 and 2100 such as 2026-03-20T17:00Z, not '{result.Tokens[0].Value}'"),
    };

    /// <summary>A file that must be there; null when it is not given.</summary>
    public static Option<string?> ExistingFile(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "FILE",
        CustomParser = result => File.Exists(result.Tokens[0].Value)
            ? Path.GetFullPath(result.Tokens[0].Value)
            : Wrong<string?>(result, $"{name}: there is no file '{result.Tokens[0].Value}'"),
    };

    private static T Wrong<T>(ArgumentResult result, string sentence)
    {
        result.AddError(sentence);
        return default!;
    }
}
