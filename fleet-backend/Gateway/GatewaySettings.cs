namespace DePin.Fleet.Gateway;

/// <summary>Bounds of the MQTT endpoint. Every default stands here.</summary>
public sealed record GatewaySettings
{
    /// <summary>Bytes of an MQTT packet: a signed batch has at most 16 KiB, topic and heads come on top.</summary>
    public int MaxPacketBytes { get; init; } = 17 * 1024;

    /// <summary>Connections at once; each costs about 10 KiB, and the open-file limit is often 20,000.</summary>
    public int MaxConnections { get; init; } = 19_000;

    /// <summary>
    /// Connections that have not logged in yet, of all addresses together. What waits longer than <see cref="SecondsToConnect"/> has cost a handshake for
    /// nothing, so no more may wait than log in within that time: 50 a second over TLS,
    /// which two busy processors do.
    /// </summary>
    public int MaxAnonymous { get; init; } = 500;

    /// <summary>Connections of one remote address that have not logged in yet: no single one takes all places.</summary>
    public int MaxAnonymousPerAddress { get; init; } = 250;

    /// <summary>Seconds a connection may take until its CONNECT is whole.</summary>
    public int SecondsToConnect { get; init; } = 10;

    /// <summary>Packets a second a connection may send for long; faster ones are read more slowly.</summary>
    public int PacketsPerSecond { get; init; } = 200;

    /// <summary>Packets a connection may send at once.</summary>
    public int PacketBurst { get; init; } = 400;

    /// <summary>Messages of one connection that wait for the store at once.</summary>
    public int MessagesInFlight { get; init; } = 16;

    /// <summary>Bytes that may wait for a client that does not read.</summary>
    public int MaxOutboundBytes { get; init; } = 256 * 1024;

    /// <summary>Names and addresses in the TLS certificate beside localhost and this machine's name.</summary>
    public IReadOnlyList<string> ServerNames { get; init; } = [];

    /// <summary>The first setting that is out of its bounds, as a sentence, or null.</summary>
    public string? Problem() =>
        Outside("maxPacketBytes", MaxPacketBytes, 17 * 1024, 1024 * 1024)
        ?? Outside("maxConnections", MaxConnections, 1, 1_000_000)
        ?? Outside("maxAnonymous", MaxAnonymous, 1, 1_000_000)
        ?? Outside("maxAnonymousPerAddress", MaxAnonymousPerAddress, 1, 1_000_000)
        ?? Outside("secondsToConnect", SecondsToConnect, 1, 300)
        ?? Outside("packetsPerSecond", PacketsPerSecond, 1, 1_000_000)
        ?? Outside("packetBurst", PacketBurst, 1, 1_000_000)
        ?? Outside("messagesInFlight", MessagesInFlight, 1, 10_000)
        ?? Outside("maxOutboundBytes", MaxOutboundBytes, 4096, 64 * 1024 * 1024)
        ?? (ServerNames.All(name => name is { Length: > 0 and <= 253 }) ? null : "gateway.serverNames must be names of 1 to 253 characters.");

    private static string? Outside(string name, int value, int lowest, int highest) =>
        value < lowest || value > highest ? $"gateway.{name} is {value}; it must be a number from {lowest} to {highest}." : null;
}
