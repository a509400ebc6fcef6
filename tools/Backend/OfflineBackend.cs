using System.Diagnostics;
using System.Text.Json.Nodes;

namespace DePin.Tools.Backend;

/// <summary>Runs the backend's program on a data folder instead of as a server, and takes its one JSON answer.</summary>
internal static class OfflineBackend
{
    /// <summary>Registers nodes that send nothing in the data folder of a backend that is to be started; the answer says what they take up.</summary>
    /// <param name="options">The backend.</param>
    /// <param name="nodes">How many.</param>
    /// <param name="logins">Where their logins are written, a line "node id, blank, password" for each; nowhere where null.</param>
    /// <param name="progress">What is said meanwhile.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CommandException">It refused, or failed.</exception>
    public static async Task<JsonNode> RegisterIdleAsync(BackendOptions options, int nodes, string? logins, TextWriter progress, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(options.DataFolder);
        await options.NameDatabaseAsync(cancellationToken);
        return await RunAsync(["bench", "idle", "--data", options.DataFolder, "--nodes", $"{nodes}", .. logins is null ? (string[])[] : ["--logins", logins]], progress, cancellationToken);
    }

    /// <summary>The answer; progress goes to the given writer.</summary>
    /// <exception cref="CommandException">It refused, or failed; the sentence is its own.</exception>
    public static async Task<JsonNode> RunAsync(string[] arguments, TextWriter progress, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Repository.Host, [Repository.BackendProgram, .. arguments]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start) ?? throw CommandException.Failed("The backend's program could not be started.");
        string lastWords = "";
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { Length: > 0 } words)
            {
                // The last line may be a refusal, which is ours to say.
                if (lastWords.Length > 0)
                {
                    progress.WriteLine(lastWords);
                }

                lastWords = words;
            }
        };
        process.BeginErrorReadLine();
        try
        {
            string answer = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode is 0 or 1 && answer.Length > 0
                ? JsonNode.Parse(answer)!
                : throw new CommandException(process.ExitCode == 2 ? 2 : 1, lastWords.Length > 0 ? lastWords : $"The backend's program ended with exit code {process.ExitCode}.");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
