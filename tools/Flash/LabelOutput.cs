namespace DePin.Tools.Flash;

/// <summary>
/// Where labels go. The label's own forms (QR, PNG, SVG, PDF, ZPL) belong to the label's maker; this is the one place that calls it.
/// A claim stands on the label and nowhere else, so the file is its owner's alone.
/// </summary>
internal sealed record LabelOutput(string Folder, string Format, string Host)
{
    /// <summary>Forms there are.</summary>
    public static IReadOnlyList<string> Formats { get; } = ["text"];

    /// <summary>The address that a phone opens.</summary>
    public string AddressOf(string nodeId, string claim) => $"HTTPS://{Host.ToUpperInvariant()}/P/{nodeId}/{claim}";

    /// <summary>Writes a label; where it went.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public async Task<string> WriteAsync(string nodeId, string claim, string profile, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Folder);
        string path = Path.Combine(Folder, $"label-{nodeId}.txt");
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using var file = new StreamWriter(path, options);
        await file.WriteAsync($"{AddressOf(nodeId, claim)}\n{Groups(nodeId)}\n{Groups(claim)}\n{profile}\n".AsMemory(), cancellationToken);
        return path;
    }

    private static string Groups(string text) => string.Join('-', text.Chunk(4).Select(four => new string(four)));
}
