namespace DePin.Tools.Demo;

/// <summary>What `depin run` was asked for. Null means: as in the folder's first run, or the default.</summary>
internal sealed record DemonstrationOptions
{
    public int? Nodes { get; init; }

    /// <summary>Real seconds to run; until Ctrl-C where null.</summary>
    public int? Seconds { get; init; }

    /// <summary>Whether stdout carries only the one closing JSON object.</summary>
    public bool IsJson { get; init; }

    /// <summary>Simulated time of the first run's beginning.</summary>
    public DateTimeOffset? Start { get; init; }

    public string? IrradianceFile { get; init; }

    public double? Latitude { get; init; }

    public double? Longitude { get; init; }

    /// <summary>Simulated seconds in a real one.</summary>
    public double Scale { get; init; } = 300;

    public long? Seed { get; init; }

    public required string DataFolder { get; init; }

    /// <summary>Ports that are wished for; another free one is taken where one is in use, and said.</summary>
    public int HttpPort { get; init; } = 5080;

    public int MqttTlsPort { get; init; } = 8883;

    public int MqttPlainPort { get; init; } = 1883;
}
