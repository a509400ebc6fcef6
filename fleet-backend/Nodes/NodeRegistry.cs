using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using DePin.Contracts.Identity;
using DePin.Fleet.Crediting;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Nodes;

/// <summary>Registers nodes: into the store first, then into the directory where gateway and ingest look them up.</summary>
public sealed class NodeRegistry : IDisposable
{
    private readonly Database _database;
    private readonly StoreWriter _writer;
    private readonly DownKeyVault _vault;
    private readonly NodeDirectory _directory;
    private readonly TimeProvider _time;

    private NodeRegistry(Database database, StoreWriter writer, DownKeyVault vault, NodeDirectory directory, TimeProvider time)
    {
        _database = database;
        _writer = writer;
        _vault = vault;
        _directory = directory;
        _time = time;
    }

    /// <summary>Opens the vault and fills the directory with every stored node.</summary>
    /// <exception cref="StartRefusedException">The stored nodes' keys cannot be opened.</exception>
    public static NodeRegistry Open(DataFolder folder, Database database, StoreWriter writer, NodeDirectory directory, TimeProvider time)
    {
        using DbConnection reader = database.OpenReader();
        var vault = DownKeyVault.Open(folder, NodeStore.HasAny(reader));
        foreach (NodeRow row in NodeStore.All(reader))
        {
            NodeId id = NodeId.Parse(row.NodeId) ?? throw new InvalidDataException($"node {row.RowId} has the id '{row.NodeId}', which is none");
            directory.Add(InMemory(row, id, vault.Decrypt(id, row.SealedDownKey)));
        }

        return new NodeRegistry(database, writer, vault, directory, time);
    }

    /// <summary>A stored node that may log in; null where there is none of this id.</summary>
    internal RegisteredNode? Load(NodeId id)
    {
        using DbConnection reader = _database.OpenReader();
        return NodeStore.FindAllowed(reader, id.ToString()) is { } row ? InMemory(row, id, _vault.Decrypt(id, row.SealedDownKey)) : null;
    }

    /// <summary>Forgets the nodes that were scrapped, where another instance may have done it unheard.</summary>
    internal void ForgetScrapped()
    {
        using DbConnection reader = _database.OpenReader();
        foreach (string id in NodeStore.Scrapped(reader))
        {
            _directory.Forget(id);
        }
    }

    /// <summary>Registers all of them or none; they were checked with <see cref="NodeRequest.Problem"/>.</summary>
    /// <returns>One result for each, or the sentence that says which node exists with other content.</returns>
    public async Task<(IReadOnlyList<NodeRegistered> Results, string? Conflict)> RegisterAsync(IReadOnlyList<NodeRequest> requests)
    {
        try
        {
            var added = new List<RegisteredNode>();
            IReadOnlyList<NodeRegistered> results = await _writer.RunAsync(connection => Register(connection, requests, added));
            foreach (RegisteredNode node in added)
            {
                _directory.Add(node);
            }

            return (results, null);
        }
        catch (ConflictException conflict)
        {
            return ([], conflict.Message);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _vault.Dispose();

    private List<NodeRegistered> Register(DbConnection connection, IReadOnlyList<NodeRequest> requests, List<RegisteredNode> added)
    {
        var results = new List<NodeRegistered>(requests.Count);
        foreach (NodeRequest request in requests)
        {
            byte[] publicKey = Convert.FromHexString(request.PublicKey);
            NodeId id = NodeId.FromKeyHash(SHA256.HashData(publicKey));
            if (NodeStore.Find(connection, id.ToString()) is { } stored)
            {
                RequireSame(connection, stored, request, id);
                results.Add(new NodeRegistered(stored.NodeId, RegistrationResult.Exists));
                continue;
            }

            byte[] downKey = Convert.FromHexString(request.DownKey);
            NodeRow row = NewRow(request, id, publicKey, _vault.Encrypt(id, downKey));
            row = row with { RowId = NodeStore.Insert(connection, row) };
            AgreementStore.Insert(connection, row.RowId, request.Agreement.ToAgreement(), 0, row.RegisteredMs, request.CapitalBuilder);
            added.Add(InMemory(row, id, downKey));
            results.Add(new NodeRegistered(row.NodeId, RegistrationResult.Registered));
        }

        return results;
    }

    /// <summary>The row of a new node that belongs to nobody yet.</summary>
    internal NodeRow NewRow(string publicKey, string loginPassword, string downKey, string profile)
    {
        byte[] key = Convert.FromHexString(publicKey);
        NodeId id = NodeId.FromKeyHash(SHA256.HashData(key));
        return new NodeRow
        {
            NodeId = id.ToString(),
            PublicKey = key,
            PasswordHash = SHA256.HashData(Encoding.ASCII.GetBytes(loginPassword)),
            SealedDownKey = _vault.Encrypt(id, Convert.FromHexString(downKey)),
            Profile = Profile.ByName[profile].Number,
            RegisteredMs = _time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
    }

    /// <summary>Whether a stored node has the same key, password, down key and profile.</summary>
    internal bool IsSame(NodeRow stored, NodeRow asked, string downKey) =>
        asked.PublicKey.AsSpan().SequenceEqual(stored.PublicKey) && asked.PasswordHash.AsSpan().SequenceEqual(stored.PasswordHash) && asked.Profile == stored.Profile
        && _vault.Decrypt(NodeId.Parse(stored.NodeId)!, stored.SealedDownKey).AsSpan().SequenceEqual(Convert.FromHexString(downKey));

    /// <summary>Lets a node in whose row is committed.</summary>
    internal void MakeKnown(NodeRow row, string downKey) => _directory.Add(InMemory(row, NodeId.Parse(row.NodeId)!, Convert.FromHexString(downKey)));

    private NodeRow NewRow(NodeRequest request, NodeId id, byte[] publicKey, byte[] sealedDownKey)
    {
        DateTimeOffset now = _time.GetUtcNow();
        return new NodeRow
        {
            NodeId = id.ToString(),
            PublicKey = publicKey,
            PasswordHash = SHA256.HashData(Encoding.ASCII.GetBytes(request.LoginPassword)),
            SealedDownKey = sealedDownKey,
            Profile = Profile.ByName[request.Profile].Number,
            RegisteredMs = now.ToUnixTimeMilliseconds(),
            Operator = request.Operator,
            CapitalBuilder = request.CapitalBuilder,
            Place = request.Place,
            Latitude = request.Latitude,
            Longitude = request.Longitude,
            FromUnix = request.PairedFromUnixSeconds ?? now.ToUnixTimeSeconds(),
        };
    }

    private void RequireSame(DbConnection connection, NodeRow stored, NodeRequest request, NodeId id)
    {
        NodeRow asked = NewRow(request, id, stored.PublicKey, stored.SealedDownKey);
        string? differs =
            !asked.PasswordHash.AsSpan().SequenceEqual(stored.PasswordHash) ? "loginPassword"
            : !_vault.Decrypt(id, stored.SealedDownKey).AsSpan().SequenceEqual(Convert.FromHexString(request.DownKey)) ? "downKey"
            : asked.Profile != stored.Profile ? "profile"
            : asked.Operator != stored.Operator ? "operator"
            : asked.CapitalBuilder != stored.CapitalBuilder ? "capitalBuilder"
            : asked.Place != stored.Place ? "place"
            : !asked.Latitude.Equals(stored.Latitude) ? "latitude"
            : !asked.Longitude.Equals(stored.Longitude) ? "longitude"
            : request.PairedFromUnixSeconds is { } from && from != stored.FromUnix ? "pairedFromUnixSeconds"
            : AgreementStore.Find(connection, stored.RowId) != request.Agreement.ToAgreement() ? "agreement"
            : null;
        if (differs is not null)
        {
            throw new ConflictException($"Node {id} is registered with another {differs}; none of this request was stored.");
        }
    }

    private static RegisteredNode InMemory(NodeRow row, NodeId id, byte[] downKey) => new()
    {
        RowId = row.RowId,
        Id = id,
        IdText = row.NodeId,
        PublicKey = row.PublicKey,
        PasswordHash = row.PasswordHash,
        DownKey = downKey,
        Profile = (int)row.Profile,
    };

    // Rolls the transaction back from the inside.
    private sealed class ConflictException(string message) : Exception(message);
}
