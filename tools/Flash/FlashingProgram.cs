using System.Diagnostics;
using System.Text.RegularExpressions;

namespace DePin.Tools.Flash;

/// <summary>
/// nanoff, the flashing program of .NET nanoFramework, called as a program. Its argument lines stand here and nowhere else.
/// </summary>
internal sealed partial class FlashingProgram
{
    private const string Name = "nanoff";

    // A workshop's internet is bad: nanoff would ask for newer versions of itself every time.
    private const string NoVersionCheck = "--suppressnanoffversioncheck";
    private const int KeptLines = 12;
    private readonly string _path;

    private FlashingProgram(string path)
    {
        _path = path;
    }

    /// <summary>Seconds that it took for this board so far.</summary>
    public double Seconds { get; private set; }

    /// <summary>Finds it on PATH, or explains how to get it.</summary>
    /// <exception cref="FlashException">It is not there.</exception>
    public static FlashingProgram Find()
    {
        string[] names = OperatingSystem.IsWindows() ? [Name + ".exe", Name + ".cmd"] : [Name];
        string? path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => names.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
        return new FlashingProgram(path ?? throw new FlashException(
            FlashStep.Clr,
            "nanoff, which puts the firmware on, is not on PATH; nothing was changed. Install it with 'dotnet tool install -g nanoff', open a new terminal,"
            + " and run this again; or put the firmware on by other means and add --skip-clr."));
    }

    /// <summary>The chip's MAC as 12 hex digits; null where the program does not say it.</summary>
    public async Task<string?> MacAsync(string port, CancellationToken cancellationToken)
    {
        (_, IReadOnlyList<string> lines) = await RunAsync(["--platform", "esp32", "--serialport", port, "--devicedetails", NoVersionCheck], null, cancellationToken);
        Match match = Mac().Match(string.Join('\n', lines));
        return match.Success ? match.Groups["mac"].Value.Replace(":", "", StringComparison.Ordinal).ToLowerInvariant() : null;
    }

    /// <summary>Puts the CLR on.</summary>
    /// <exception cref="FlashException">The program failed.</exception>
    public Task UpdateAsync(string port, string target, string? archive, Action<string> progress, CancellationToken cancellationToken) =>
        RequireAsync(
            FlashStep.Clr,
            ["--update", "--target", target, "--serialport", port, NoVersionCheck, .. archive is null ? (string[])[] : ["--fromarchive", "--archivepath", archive]],
            "Hold the board's boot button while this begins, or try another cable; what the board had before may be gone, so run this again",
            progress,
            cancellationToken);

    /// <summary>Puts the deployment image on, at the address that the target's partition table says.</summary>
    /// <exception cref="FlashException">The program failed, or the image does not fit.</exception>
    public Task DeployAsync(string port, string target, string image, DeployRegion region, Action<string> progress, CancellationToken cancellationToken)
    {
        if (new FileInfo(image).Length > region.Bytes)
        {
            throw new FlashException(FlashStep.Deploy, $"The image {image} is larger than the {region.Bytes} bytes that {target} has for it; the CLR is on, the image is not. Name the right image.");
        }

        return RequireAsync(
            FlashStep.Deploy,
            ["--target", target, "--serialport", port, "--deploy", "--image", image, "--address", $"0x{region.Address:X}", NoVersionCheck],
            "The CLR is on and stays; run this again",
            progress,
            cancellationToken);
    }

    private async Task RequireAsync(FlashStep step, IReadOnlyList<string> arguments, string advice, Action<string> progress, CancellationToken cancellationToken)
    {
        (int code, IReadOnlyList<string> lines) = await RunAsync(arguments, progress, cancellationToken);
        if (code != 0)
        {
            string said = lines.Count == 0 ? "it said nothing" : string.Join(" / ", lines.TakeLast(3));
            throw new FlashException(step, $"nanoff ended with {code} ({said}). {advice}.");
        }
    }

    private async Task<(int Code, IReadOnlyList<string> Lines)> RunAsync(IReadOnlyList<string> arguments, Action<string>? progress, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        var start = new ProcessStartInfo(_path, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start) ?? throw new IOException($"{_path} could not be started");
        var lines = new Queue<string>();
        await using CancellationTokenRegistration kill = cancellationToken.Register(() => process.Kill(entireProcessTree: true));
        await Task.WhenAll(ReadAsync(process.StandardOutput, lines, progress), ReadAsync(process.StandardError, lines, progress));
        await process.WaitForExitAsync(CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
        Seconds += Stopwatch.GetElapsedTime(began).TotalSeconds;
        return (process.ExitCode, [.. lines]);
    }

    // It shows percentages by rewriting its line.
    private static async Task ReadAsync(StreamReader reader, Queue<string> lines, Action<string>? progress)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            string text = line.Split('\r')[^1].Trim();
            if (text.Length == 0)
            {
                continue;
            }

            lock (lines)
            {
                lines.Enqueue(text);
                while (lines.Count > KeptLines)
                {
                    lines.Dequeue();
                }
            }

            progress?.Invoke(text);
        }
    }

    [GeneratedRegex("(?<mac>([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})", RegexOptions.ExplicitCapture)]
    private static partial Regex Mac();
}
