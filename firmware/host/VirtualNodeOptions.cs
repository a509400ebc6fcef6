using DePin.Host.Simulation;
using DePin.Node.Metering;
using DePin.Node.Uplink;

namespace DePin.Host;

/// <summary>One virtual node: who it is, where it stands, and how it reaches the gateway.</summary>
public sealed record VirtualNodeOptions
{
    /// <summary>Ratings.</summary>
    public required Profile Profile { get; init; }

    /// <summary>Key, secret, flash and battery are kept here.</summary>
    public required string Folder { get; init; }

    /// <summary>Chooses the key at the first start, and dust, habits and chance of the hardware at every one.</summary>
    public required long Seed { get; init; }

    /// <summary>Private key and secret (32 bytes each) of a node that made them itself; the seed's, kept in the folder, where null.</summary>
    public (byte[] PrivateKey, byte[] Secret)? Key { get; init; }

    /// <summary>The weather.</summary>
    public required ISky Sky { get; init; }

    /// <summary>The link to the gateway. The node disposes of it where it can be disposed of.</summary>
    public required IUplink Link { get; init; }

    /// <summary>Degrees north.</summary>
    public double Latitude { get; init; }

    /// <summary>Degrees east.</summary>
    public double Longitude { get; init; }

    /// <summary>Where it stands, in words.</summary>
    public string Place { get; init; } = "";

    /// <summary>Whether writes to the flash wait for the disk.</summary>
    public bool SynchronisesFlash { get; init; } = true;

    /// <summary>
    /// Whether the node hashes and signs in steps, with the code that a board runs. The platform's own does it in one, and many
    /// times faster, for large fleets.
    /// </summary>
    public bool SignsLikeADevice { get; init; } = true;

    /// <summary>Randomness of the node core; the system's where null.</summary>
    public IEntropy? Entropy { get; init; }

    /// <summary>Puts something between hardware and meter, such as a fraud that a test plants.</summary>
    public Func<ISensors, ISensors>? Tamper { get; init; }

    /// <summary>Keys that may sign releases, compressed, 33 bytes each; none are taken without them.</summary>
    public byte[][] ReleaseKeys { get; init; } = [];

    /// <summary>Keys that may change the release keys.</summary>
    public byte[][] RootKeys { get; init; } = [];

    /// <summary>Whether the module has memory to load a bundle into; one without PSRAM stays on its factory copy.</summary>
    public bool HasRoomForBundles { get; init; } = true;

    /// <summary>Real time without a finished tick after which the simulated watchdog restarts a board that runs a bundle.</summary>
    public TimeSpan WatchdogLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Where latencies are counted.</summary>
    public AckLatency? Latency { get; init; }

    /// <summary>Where acknowledged batches are written.</summary>
    public AcknowledgedLog? Log { get; init; }
}
