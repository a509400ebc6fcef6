using System.Data.Common;
using System.Security.Cryptography;
using System.Text.Json;
using DePin.Contracts.Cbor;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Updates;

/// <summary>Publishes releases that two release keys signed; from that moment their firmware is known to verification.</summary>
internal sealed class Releases(StoreWriter writer, Artifacts artifacts, UpdateSettings settings, TimeProvider clock)
{
    /// <summary>Publishes a signed release, or says that it is published.</summary>
    /// <param name="message">The signed release.</param>
    /// <param name="isRunningRecorded">Whether the first release also records whatever nodes run now.</param>
    /// <param name="by">Who publishes.</param>
    public Task<(ReleaseRow? Release, bool IsNew, Refused? Refused)> PublishAsync(byte[] message, bool isRunningRecorded, Caller by) => writer.RunAsync<(ReleaseRow?, bool, Refused?)>(connection =>
    {
        if (ReleaseCheck.Read(message, out Refused? refused) is not { } release)
        {
            return (null, false, refused);
        }

        byte[] hash = SHA256.HashData(release.Envelope.CopyPayload());
        IReadOnlyList<ReleaseRow> releases = ReleaseStore.All(connection);
        if (releases.FirstOrDefault(other => other.Hash.AsSpan().SequenceEqual(hash)) is { } stored)
        {
            return (stored, false, null);
        }

        DateTimeOffset now = clock.GetUtcNow();
        ReleaseManifest manifest = release.Manifest;
        string digest = Convert.ToHexStringLower(manifest.BundleSha256.AsSpan(0, 8));
        IReadOnlyList<(string Digest, long Nodes)> running = ReleaseStore.Unrecorded(connection);
        var facts = new ReleaseFacts(
            KeysOf(connection, settings), ArtifactBytes(connection, manifest.BundleSha256), releases, FirmwareStore.Find(connection, digest)?.RecalledUnixMilliseconds is not null,
            isRunningRecorded ? [] : [.. running.Where(one => one.Digest != digest)], now.ToUnixTimeSeconds());
        if (ReleaseCheck.Problem(release, facts) is { } problem)
        {
            return (null, false, problem);
        }

        long at = now.ToUnixTimeMilliseconds();
        foreach ((string one, _) in running)
        {
            Record(connection, one, "ran before the first release", by.Name, at);
        }

        Record(connection, digest, manifest.Release, by.Name, at);
        ReleaseStore.Insert(connection, new ReleaseRow
        {
            Hash = hash,
            Message = message,
            Name = manifest.Release,
            Build = manifest.Build,
            Security = manifest.Security,
            ProfilesText = JsonSerializer.Serialize(manifest.Profiles),
            Assembly = manifest.Assembly,
            Bundle = manifest.BundleSha256,
            Digest = digest,
            By = by.Name,
            MadeUnixMilliseconds = at,
        });
        ReleaseRow row = ReleaseStore.Find(connection, Convert.ToHexStringLower(hash.AsSpan(0, 8)))!;
        EventStore.Record(connection, at, "published", null, by.Name, new { release = row.Id, row.Name, row.Build, row.Security, row.Digest, hash = Convert.ToHexStringLower(hash), signers = ReleaseKeySet.SignersOf(release.Envelope) });
        return (row, true, null);
    });

    /// <summary>Takes a rotation of the release keys that two root keys signed.</summary>
    public Task<(RotationRow? Rotation, Refused? Refused)> RotateAsync(byte[] message, Caller by) => writer.RunAsync<(RotationRow?, Refused?)>(connection =>
    {
        CountersignedMessage? envelope = CountersignedMessage.Decode(message, UpdateLimits.SignedRotationBytes, out DecodeError error, signaturesMin: 1);
        KeyRotation? rotation = envelope is null ? null : KeyRotation.Decode(message, envelope.PayloadOffset, envelope.PayloadLength, out error);
        if (rotation is null)
        {
            return (null, new Refused("malformed", $"It is no signed rotation of keys in the form of FORMATS.md ({error})."));
        }

        var roots = new ReleaseKeySet(settings.RootKeys.Select(Convert.FromHexString));
        RotationRow? last = ReleaseStore.Keys(connection).Rotation;
        Refused? refused = roots.Problem(envelope!, KeyRotation.Context)
            ?? (rotation.Keys.FirstOrDefault(key => CompressedPoint.Decompress(key) is null) is { } wrong ? new Refused("malformed", $"{Convert.ToHexStringLower(wrong)} is no point of P-256.") : null)
            ?? (last is not null && last.Version >= rotation.Version ? new Refused("versionNotHigher", $"Its version is {rotation.Version}; {last.Version} is there.") : null);
        if (refused is not null)
        {
            return (null, refused);
        }

        var row = new RotationRow { Version = rotation.Version, Message = message, By = by.Name, MadeUnixMilliseconds = clock.GetUtcNow().ToUnixTimeMilliseconds() };
        ReleaseStore.AddRotation(connection, row);
        EventStore.Record(connection, row.MadeUnixMilliseconds, "release keys", null, by.Name, new { rotation.Version, keys = rotation.Keys.Select(ReleaseKeySet.IdOf), signers = ReleaseKeySet.SignersOf(envelope!) });
        return (row, null);
    });

    /// <summary>Whose signatures count now.</summary>
    internal static ReleaseKeySet KeysOf(DbConnection connection, UpdateSettings settings)
    {
        (IReadOnlyList<ReleaseKeyRow> registered, RotationRow? rotation) = ReleaseStore.Keys(connection);
        return rotation is not null
            ? new ReleaseKeySet(KeysOf(rotation))
            : new ReleaseKeySet([.. settings.ReleaseKeys.Select(Convert.FromHexString), .. registered.Where(key => key.EndedUnixMilliseconds is null).Select(key => key.PublicKey)]);
    }

    /// <summary>What nodes call a rotation: SHA-256 of its payload.</summary>
    internal static byte[] HashOf(RotationRow rotation) => SHA256.HashData(Envelope(rotation).CopyPayload());

    /// <summary>The keys that a stored rotation names.</summary>
    internal static byte[][] KeysOf(RotationRow rotation)
    {
        CountersignedMessage envelope = Envelope(rotation);
        return (KeyRotation.Decode(rotation.Message, envelope.PayloadOffset, envelope.PayloadLength, out _) ?? throw new InvalidDataException($"the stored rotation {rotation.Version} cannot be read")).Keys;
    }

    private static CountersignedMessage Envelope(RotationRow rotation) =>
        CountersignedMessage.Decode(rotation.Message, UpdateLimits.SignedRotationBytes, out _) ?? throw new InvalidDataException($"the stored rotation {rotation.Version} cannot be read");

    private long? ArtifactBytes(DbConnection connection, byte[] sha256) =>
        ReleaseStore.Artifact(connection, sha256) is { } artifact && artifacts.Read(sha256) is not null ? artifact.Bytes : null;

    private static void Record(DbConnection connection, string digest, string name, string by, long now)
    {
        if (FirmwareStore.Record(connection, digest, name, now))
        {
            EventStore.Record(connection, now, "release", null, by, new { digest, name });
        }
    }
}
