namespace DePin.Tools.Backend;

/// <summary>How to start a backend.</summary>
internal sealed record BackendOptions
{
    /// <summary>Its data folder.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Port of the dashboard and the API; 0 takes a free one.</summary>
    public int HttpPort { get; init; }

    /// <summary>Port for nodes over TLS; 0 takes a free one.</summary>
    public int MqttTlsPort { get; init; }

    /// <summary>Port for nodes on this machine without TLS; 0 takes a free one, -1 opens none.</summary>
    public int MqttPlainPort { get; init; }

    /// <summary>The PostgreSQL that it keeps everything in, as a connection string; SQLite in the data folder where null.</summary>
    public string? Postgres { get; init; }

    /// <summary>Which database that is, for results.</summary>
    public string DatabaseName => Postgres is null ? "SQLite" : "PostgreSQL";

    /// <summary>The demonstration clock; the system's where null.</summary>
    public string? ClockFile { get; init; }

    /// <summary>A settings file; the defaults where null.</summary>
    public string? SettingsFile { get; init; }

    /// <summary>Leaves in the data folder what the setting 'postgres' leaves there, for commands on the folder.</summary>
    public Task NameDatabaseAsync(CancellationToken cancellationToken) =>
        Postgres is { } postgres ? File.WriteAllTextAsync(Path.Combine(DataFolder, "postgres.txt"), postgres, cancellationToken) : Task.CompletedTask;

    /// <summary>The command line after "dotnet".</summary>
    public IEnumerable<string> Arguments()
    {
        yield return Repository.BackendProgram;
        foreach ((string name, string? value) in new (string, string?)[]
        {
            ("--data", DataFolder),
            ("--settings", SettingsFile),
            ("--http-port", HttpPort.ToString()),
            ("--mqtt-tls-port", MqttTlsPort.ToString()),
            ("--mqtt-plain-port", MqttPlainPort.ToString()),
            ("--clock", ClockFile),
        })
        {
            if (value is not null)
            {
                yield return name;
                yield return value;
            }
        }
    }
}
