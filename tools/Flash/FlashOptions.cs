using DePin.Contracts.Flashing;
using DePin.Host;

namespace DePin.Tools.Flash;

/// <summary>What is asked for on the command line, checked.</summary>
internal sealed record FlashOptions
{
    /// <summary>The hardware.</summary>
    public required Profile Profile { get; init; }

    /// <summary>Production run that the boards belong to.</summary>
    public required string Run { get; init; }

    /// <summary>What goes on the boards.</summary>
    public required NodeSettings Settings { get; init; }

    /// <summary>Where journals are.</summary>
    public required string JournalFolder { get; init; }

    /// <summary>How labels are made.</summary>
    public required LabelOutput Label { get; init; }

    /// <summary>Whether the firmware is on already.</summary>
    public bool SkipsClr { get; init; }

    /// <summary>nanoFramework target of the CLR.</summary>
    public string Target { get; init; } = "ESP32_PSRAM_REV3";

    /// <summary>Deployment image; null with <see cref="SkipsClr"/> only.</summary>
    public string? Image { get; init; }

    /// <summary>Folder with a firmware archive, for work without internet.</summary>
    public string? Archive { get; init; }

    /// <summary>A partition table of one's own.</summary>
    public string? Partitions { get; init; }

    /// <summary>The resistor at the output; null where there is none, and nothing is calibrated.</summary>
    public int? LoadMilliohms { get; init; }

    /// <summary>The node whose key is succeeded by a new one on the same hardware.</summary>
    public string? Repairs { get; init; }

    /// <summary>How long the board may look for a network.</summary>
    public TimeSpan NetworkLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the first status may take after that.</summary>
    public TimeSpan StatusLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a board may take to start, and three times as long to test itself or to make its key; other answers may take half of it.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(20);
}
