using DePin.Tools.Label;

namespace DePin.Tools.Flash;

/// <summary>Where labels go, and in which form. A claim stands on the label and nowhere else, so the file is its owner's alone.</summary>
internal sealed record LabelOutput(string Folder, string Format, string Host)
{
    /// <summary>Forms there are.</summary>
    public static IReadOnlyList<string> Formats { get; } = [.. Enum.GetNames<LabelFormat>().Select(name => name.ToLowerInvariant())];

    /// <summary>Writes a label; where it went.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public string Write(string nodeId, string claim, string profile)
    {
        LabelOptions options = LabelOptions.Usual(Enum.Parse<LabelFormat>(Format, ignoreCase: true));
        string path = Path.Combine(Folder, $"label-{nodeId}.{(options.Format == LabelFormat.Text ? "txt" : Format)}");
        Directory.CreateDirectory(Folder);
        LabelFile.Store(path, LabelFile.Make([UnitLabel.Read(nodeId, claim, Host, profile)], options));
        return path;
    }
}
