using System.Text.Json;
using System.Text.Json.Serialization;
using DePin.Tools.Api;

namespace DePin.Tools.Flash;

/// <summary>
/// What was achieved with a board, in a file of its own by serial number, so that a failed step can be taken up again: firmware that
/// is on need not go on again, and a registration is asked for with the same content. No secret and no claim stands in it.
/// </summary>
internal sealed class BoardJournal
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    [JsonIgnore]
    public string Path { get; private set; } = "";

    /// <summary>The chip's MAC.</summary>
    public string Serial { get; init; } = "";

    /// <summary>SHA-256 of the CLR's target name and of the deployment image that went on; null where none did.</summary>
    public string? DeployedImage { get; set; }

    /// <summary>Target whose CLR went on; null where none did.</summary>
    public string? ClrTarget { get; set; }

    /// <summary>The node's id, once it has one.</summary>
    public string? NodeId { get; set; }

    /// <summary>What the self-test said; a registration that is repeated has to say the same.</summary>
    public RegistrationSelfTest? SelfTest { get; set; }

    /// <summary>Production run of the registration.</summary>
    public string? Run { get; set; }

    /// <summary>When the node was heard, UTC.</summary>
    public DateTimeOffset? HeardAt { get; set; }

    /// <summary>When a label was written, UTC; it holds the claim that counts.</summary>
    public DateTimeOffset? LabelledAt { get; set; }

    /// <summary>The last step that failed, and why.</summary>
    public string? LastFailure { get; set; }

    /// <summary>The journal of a board, or a new one.</summary>
    /// <exception cref="CommandException">The file holds something else.</exception>
    public static BoardJournal Open(string folder, string serial)
    {
        string name = new([.. serial.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')]);
        string path = System.IO.Path.Combine(folder, name + ".json");
        try
        {
            BoardJournal journal = File.Exists(path) ? JsonSerializer.Deserialize<BoardJournal>(File.ReadAllText(path), Json)! : new BoardJournal { Serial = serial };
            journal.Path = path;
            return journal;
        }
        catch (JsonException problem)
        {
            throw CommandException.WrongInput($"The journal {path} cannot be read ({problem.Message}); move it away, then the board is flashed from the beginning.");
        }
    }

    /// <summary>Writes it as it stands.</summary>
    public void Save()
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        File.WriteAllText(Path + ".new", JsonSerializer.Serialize(this, Json));
        File.Move(Path + ".new", Path, overwrite: true);
    }

    /// <summary>Forgets the board: it was scrapped.</summary>
    public void Remove() => File.Delete(Path);
}
