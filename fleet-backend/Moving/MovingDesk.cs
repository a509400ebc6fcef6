using System.Collections.Concurrent;
using System.Data.Common;
using System.Security.Cryptography;
using DePin.Contracts;
using DePin.Contracts.Moving;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Moving;

/// <summary>
/// Hands signed changes of networks, gateway and trust anchors to nodes, and hears how they end. The backend cannot make one: two release keys sign offline.
/// A node is told as soon as it is there, and again after every status, until it has said how it ended; a node that moved to another backend is heard there.
/// </summary>
internal sealed class MovingDesk : ISettingsMessages
{
    /// <summary>Nodes named in one request.</summary>
    public const int MostNodes = 1000;

    private readonly Database _database;
    private readonly StoreWriter _writer;
    private readonly NodeDirectory _nodes;
    private readonly INodeLink _link;
    private readonly TimeProvider _clock;

    // Of all nodes few move: the others cost no look into the database.
    private readonly ConcurrentDictionary<long, bool> _open = new();

    public MovingDesk(Database database, StoreWriter writer, NodeDirectory nodes, INodeLink link, TimeProvider clock)
    {
        _database = database;
        _writer = writer;
        _nodes = nodes;
        _link = link;
        _clock = clock;
        ReadOpen();
    }

    /// <summary>A node is to move; said by this instance.</summary>
    public Action<RegisteredNode>? Told { get; set; }

    /// <summary>Reads which nodes have not answered.</summary>
    public void ReadOpen()
    {
        using DbConnection connection = _database.OpenReader();
        foreach (long node in MovingStore.Open(connection))
        {
            Open(node);
        }
    }

    /// <summary>A node has not answered yet: it is told again after its next status.</summary>
    public void Open(long node) => _open[node] = true;

    /// <summary>Takes a signed change for these nodes, all of them or none; what is wrong as a sentence, or how many are newly told.</summary>
    public async Task<(int Nodes, string? Problem)> OrderAsync(Caller by, byte[] message, IReadOnlyList<string> nodeIds)
    {
        CountersignedMessage? envelope = CountersignedMessage.Decode(message, SettingsChange.SignedBytes, out var error);
        SettingsChange? change = envelope is null ? null : SettingsChange.Decode(message, envelope.PayloadOffset, envelope.PayloadLength, out error);
        if (change is null)
        {
            return (0, $"The message is no signed change of settings ({error}).");
        }

        var found = new List<RegisteredNode>();
        foreach (string id in nodeIds.Distinct(StringComparer.Ordinal))
        {
            if (_nodes.Find(id) is not { } node)
            {
                return (0, $"There is no node {id}.");
            }

            found.Add(node);
        }

        (int told, string? problem) = await _writer.RunAsync(connection => Store(connection, by, change, message, found));
        if (problem is not null)
        {
            return (0, problem);
        }

        foreach (RegisteredNode node in found)
        {
            Open(node.RowId);
            Told?.Invoke(node);
            await HeardAsync(node, CancellationToken.None);
        }

        return (told, null);
    }

    /// <summary>Ends a version for nodes that have not said that they try it; how many.</summary>
    public Task<int> EndAsync(Caller by, long version) => _writer.RunAsync(connection =>
    {
        long now = Now;
        int ended = MovingStore.End(connection, version, now);
        MovingStore.Forget(connection);
        if (ended > 0)
        {
            EventStore.Record(connection, now, "settings ended", null, by.Name, new { version, nodes = ended });
        }

        return ended;
    });

    /// <summary>The last changes.</summary>
    public IReadOnlyList<ChangeView> Page(long before, int limit)
    {
        using DbConnection connection = _database.OpenReader();
        return MovingStore.Page(connection, before, limit);
    }

    /// <summary>How the nodes of a version stand.</summary>
    public IReadOnlyList<DeliveryRow> Deliveries(long version, string after, int limit)
    {
        using DbConnection connection = _database.OpenReader();
        return MovingStore.Deliveries(connection, version, after, limit);
    }

    /// <inheritdoc />
    public async Task HeardAsync(RegisteredNode node, CancellationToken cancellationToken)
    {
        if (!_open.ContainsKey(node.RowId))
        {
            return;
        }

        StandingChange? standing;
        using (DbConnection connection = _database.OpenReader())
        {
            standing = MovingStore.Standing(connection, node.RowId);
        }

        if (standing is null)
        {
            _open.TryRemove(node.RowId, out _);
            return;
        }

        await _link.SendAsync(node, Topics.SettingsOrder, header => new SettingsOrder(header, standing.Message).Encode(), cancellationToken);
    }

    /// <inheritdoc />
    public async Task<bool> TakeAsync(RegisteredNode node, byte[] session, byte[] message)
    {
        SignedMessage? envelope = SignedMessage.Decode(message, SettingsReport.MaxBytes, out _);
        SettingsReport? report = envelope is null ? null : SettingsReport.Decode(envelope.Message, envelope.PayloadOffset, envelope.PayloadLength, out _);
        if (report is null || !envelope!.Node.Equals(node.Id) || !report.Node.Equals(node.Id) || !Session.AreEqual(report.Session, session) || !IsSigned(node, envelope))
        {
            return false;
        }

        return await _writer.RunAsync(connection =>
        {
            // A message that a node cannot read at all has no version for it.
            long version = report.Version > 0 ? report.Version : MovingStore.Standing(connection, node.RowId)?.Version ?? 0;
            long now = Now;
            if (!MovingStore.Report(connection, version, node.RowId, (int)report.State, (int)report.Refusal, now))
            {
                return false;
            }

            EventStore.Record(connection, now, "settings report", node.RowId, node.IdText, new { version, state = report.State.ToString(), refusal = report.Refusal.ToString() });
            MovingStore.Forget(connection);
            return true;
        });
    }

    private long Now => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    private (int Told, string? Problem) Store(DbConnection connection, Caller by, SettingsChange change, byte[] message, List<RegisteredNode> nodes)
    {
        byte[] hash = SHA256.HashData(message);
        if (MovingStore.Hash(connection, change.Version) is { } known && !hash.AsSpan().SequenceEqual(known))
        {
            return (0, $"Version {change.Version} is there with other content; sign this one with a higher version.");
        }

        if (nodes.Find(node => MovingStore.Highest(connection, node.RowId) > change.Version) is { } ahead)
        {
            return (0, $"Node {ahead.IdText} was told of a version above {change.Version} and would refuse this one; sign it with a higher version.");
        }

        long now = Now;
        MovingStore.Keep(connection, new ChangeRow(change.Version, hash, message, change.Way.Host, change.Way.Port, change.Way.NetworkNames.Length, by.Name, now));
        int told = nodes.Count(node => MovingStore.Deliver(connection, change.Version, node.RowId, now));
        EventStore.Record(connection, now, "settings ordered", null, by.Name, new
        {
            change.Version,
            change.Way.Host,
            change.Way.Port,
            networks = change.Way.NetworkNames.Length,
            message = Convert.ToHexStringLower(hash),
            nodes = nodes.Select(node => node.IdText),
        });
        MovingStore.Forget(connection);
        return (told, null);
    }

    private static bool IsSigned(RegisteredNode node, SignedMessage message)
    {
        using var key = ECDsa.Create(CompressedPoint.Decompress(node.PublicKey)!.Value);
        return key.VerifyData(SignedMessage.ToBeSigned(SettingsChange.Context, message.Message, message.PayloadOffset, message.PayloadLength), message.CopySignature(), HashAlgorithmName.SHA256);
    }
}
