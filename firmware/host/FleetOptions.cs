using DePin.Node.Uplink;

namespace DePin.Host;

/// <summary>A virtual fleet as asked for on the command line.</summary>
public sealed record FleetOptions
{
    /// <summary>Nodes, 1 to 10,000: of six, four are lamps, one is an AirNode, one a home system.</summary>
    public int Nodes { get; init; } = 12;

    /// <summary>Chooses keys, places, habits and weather; made at the first start and kept in the folder where null.</summary>
    public long? Seed { get; init; }

    /// <summary>Everything the fleet keeps.</summary>
    public required string Folder { get; init; }

    /// <summary>Middle of the fleet, degrees north.</summary>
    public double Latitude { get; init; } = -0.0917;

    /// <summary>Middle of the fleet, degrees east.</summary>
    public double Longitude { get; init; } = 34.7680;

    /// <summary>How far the nodes stand from the middle, kilometres, at most 500.</summary>
    public double SpreadKilometres { get; init; } = 8;

    /// <summary>Name of the place; nodes are its 1, 2, 3.</summary>
    public string Place { get; init; } = "Kisumu";

    /// <summary>CSV of a measured sky; clear sky with seeded clouds where null.</summary>
    public string? IrradianceFile { get; init; }

    /// <summary>Name or address of the gateway.</summary>
    public string GatewayHost { get; init; } = "127.0.0.1";

    /// <summary>Its port.</summary>
    public required int GatewayPort { get; init; }

    /// <summary>PEM of the only certificate authority that is trusted; a plain connection where null.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>
    /// Whether every write of a node waits for the disk. Without it a fleet survives kills of its process, but not a cut of the
    /// machine's power.
    /// </summary>
    public bool SynchronisesFlash { get; init; }

    /// <summary>File to which acknowledged batches are appended; none where null.</summary>
    public string? AcknowledgedFile { get; init; }

    /// <summary>Keys that may sign releases, compressed, 33 bytes each; none are taken without them.</summary>
    public byte[][] ReleaseKeys { get; init; } = [];

    /// <summary>Real time without a finished tick after which the simulated watchdog restarts a board that runs a bundle.</summary>
    public TimeSpan WatchdogLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Puts something between the node of an index and its link, such as a radio that loses messages.</summary>
    public Func<int, IUplink, IUplink>? Between { get; init; }

    /// <summary>Throws one clear sentence for the first thing that is out of bounds.</summary>
    /// <exception cref="ArgumentException">A number or a name is out of bounds.</exception>
    public void Validate()
    {
        Require(Nodes is >= 1 and <= 10_000, $"a fleet has 1 to 10000 nodes, not {Nodes}");
        Require(Latitude is >= -90 and <= 90, $"a latitude lies between -90 and 90, not at {Latitude}");
        Require(Longitude is >= -180 and <= 180, $"a longitude lies between -180 and 180, not at {Longitude}");
        Require(SpreadKilometres is >= 0 and <= 500, $"a fleet spreads over 0 to 500 km, not {SpreadKilometres}");
        Require(Place.Length is >= 1 and <= 40, "a place has 1 to 40 characters");
        Require(!string.IsNullOrWhiteSpace(Folder), "a fleet needs a folder");
    }

    private static void Require(bool isRight, string rule)
    {
        if (!isRight)
        {
            throw new ArgumentException($"Wrong option: {rule}.");
        }
    }
}
