using System.Text;
using System.Text.Json.Nodes;
using DePin.Tools.Backend;

namespace DePin.Tools.Api;

/// <summary>The API token that tools use with a data folder: a file in it that only its owner reads.</summary>
internal static class ApiTokenFile
{
    // A token lasts 30 days; it is made anew before that.
    private const int Days = 30, RenewAfterDays = 20;

    private const string Scopes = "technician,operator,manager,auditor,capitalBuilder,lender";

    /// <summary>Makes a token where there is none that lasts. Only while no backend runs there.</summary>
    /// <param name="dataFolder">The folder.</param>
    /// <param name="person">Whose token; what needs two people needs two of these.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task EnsureAsync(string dataFolder, string person, CancellationToken cancellationToken)
    {
        string file = Of(dataFolder, person);
        if (File.Exists(file) && File.GetLastWriteTimeUtc(file) > DateTime.UtcNow.AddDays(-RenewAfterDays))
        {
            return;
        }

        JsonNode made = await OfflineBackend.RunAsync(["token", "--data", dataFolder, "--name", person, "--scopes", Scopes, "--days", $"{Days}"], TextWriter.Null, cancellationToken);
        File.Delete(file);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var stream = new FileStream(file, options);
        stream.Write(Encoding.ASCII.GetBytes((string)made["token"]! + "\n"));
    }

    /// <summary>Reads it.</summary>
    /// <exception cref="CommandException">There is none, or it may not be read.</exception>
    public static string Read(string dataFolder, string person)
    {
        string file = Of(dataFolder, person);
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw CommandException.WrongInput(
                $"The API token {file} cannot be read ({problem.Message}). Make one on the backend's account page and keep it in that file; tools/run makes its own.");
        }
    }

    /// <summary>Whose tokens tools use where one person is enough.</summary>
    public const string Person = "tools";

    private static string Of(string dataFolder, string person) => Path.Combine(dataFolder, person == Person ? "api-token" : $"api-token-{person}");
}
