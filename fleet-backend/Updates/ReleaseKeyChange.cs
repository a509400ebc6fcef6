using System.Data.Common;
using DePin.Fleet.Approvals;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Updates;

/// <summary>Registers or ends a key that signs releases; two people decide it.</summary>
internal sealed class ReleaseKeyChange : ChangeKind<ReleaseKey>
{
    private const int MostKeys = 16;

    /// <inheritdoc />
    public override string Name => "releaseKey";

    /// <inheritdoc />
    protected override Sentence? Problem(DbConnection connection, ReleaseKey change, long nowUnixMilliseconds)
    {
        (IReadOnlyList<ReleaseKeyRow> registered, RotationRow? rotation) = ReleaseStore.Keys(connection);
        bool isThere = registered.Any(key => key.EndedUnixMilliseconds is null && Convert.ToHexStringLower(key.PublicKey) == change.PublicKey);
        return !ReleaseKeySet.IsKey(change.PublicKey) ? Sentence.Of($"publicKey must be 66 lower-case hex digits, a compressed point of P-256.")
            : Bounds.Printable("holder", change.Holder, 64) is { } holder ? holder
            : rotation is not null ? Sentence.Of($"The root keys decided which keys sign, by rotation {rotation.Version}; let them sign another one.")
            : change.IsEnded == isThere ? registered.Count >= MostKeys && !change.IsEnded ? Sentence.Of($"There are {MostKeys} keys at most.") : null
            : change.IsEnded ? Sentence.Of($"That key is not registered here.") : Sentence.Of($"That key is registered already.");
    }

    /// <inheritdoc />
    protected override void Apply(DbConnection connection, ReleaseKey change, string by, long nowUnixMilliseconds)
    {
        byte[] key = Convert.FromHexString(change.PublicKey);
        if (change.IsEnded)
        {
            ReleaseStore.EndKey(connection, key, nowUnixMilliseconds);
        }
        else
        {
            ReleaseStore.AddKey(connection, key, change.Holder, by, nowUnixMilliseconds);
        }

        EventStore.Record(connection, nowUnixMilliseconds, "release key", null, by, new { change.PublicKey, change.Holder, change.IsEnded });
    }
}

/// <summary>A key that signs releases, to register or to end.</summary>
public sealed record ReleaseKey(string PublicKey, string Holder, bool IsEnded = false);
