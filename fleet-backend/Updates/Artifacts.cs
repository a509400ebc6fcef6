using System.Buffers;
using System.Collections.Concurrent;
using System.Data.Common;
using System.Security.Cryptography;
using DePin.Contracts.Updates;
using DePin.Fleet.People;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Updates;

/// <summary>
/// Bundles as files in DATA/artifacts, each named by its own SHA-256. An upload goes to the disk as it comes, into a file that gets its name only
/// when it is whole; what a broken upload or a kill leaves is taken away at the next start.
/// </summary>
internal sealed class Artifacts
{
    private const string Folder = "artifacts";
    private const string PartEnding = ".part";
    private const int BufferBytes = 16 * 1024;

    private readonly DataFolder _folder;
    private readonly Database _database;
    private readonly StoreWriter _writer;
    private readonly TimeProvider _clock;
    private readonly int _mostInMemory;
    private readonly ConcurrentDictionary<string, byte[]> _inMemory = new(StringComparer.Ordinal);

    public Artifacts(DataFolder folder, Database database, StoreWriter writer, UpdateSettings settings, TimeProvider clock)
    {
        _folder = folder;
        _database = database;
        _writer = writer;
        _clock = clock;
        _mostInMemory = settings.BundlesInMemory;
        folder.MakePrivateFolder(Folder);
        foreach (string part in Directory.GetFiles(folder.FileOf(Folder), "*" + PartEnding))
        {
            File.Delete(part);
        }

        if (database.IsShared)
        {
            Share();
        }
    }

    /// <summary>Stores what comes, if it is no longer than a bundle may be and, where a hash is named, has that hash.</summary>
    public async Task<(byte[]? Sha256, long Bytes, bool IsNew, Refused? Refused)> StoreAsync(Stream content, byte[]? expected, Caller by, CancellationToken cancellationToken)
    {
        string part = _folder.FileOf($"{Folder}/{Guid.NewGuid():N}{PartEnding}");
        try
        {
            (byte[] sha256, long bytes) = await ReceiveAsync(content, part, cancellationToken);
            Refused? refused = bytes == 0 ? new Refused("empty", $"The upload is empty.")
                : bytes > UpdateLimits.BundleBytes ? new Refused("overLimit", $"The upload has more than {UpdateLimits.BundleBytes} bytes, the most a bundle may have.")
                : expected is not null && !sha256.AsSpan().SequenceEqual(expected) ? new Refused("hashDiffers", $"What came has the SHA-256 {Convert.ToHexStringLower(sha256)}; some of it was lost or changed on the way.")
                : null;
            if (refused is not null)
            {
                return (null, bytes, false, refused);
            }

            File.Move(part, FileOf(sha256), overwrite: true);
            bool isNew = await _writer.RunAsync(connection =>
            {
                long now = _clock.GetUtcNow().ToUnixTimeMilliseconds();
                bool isAdded = ReleaseStore.AddArtifact(connection, sha256, bytes, by.Name, now);
                if (isAdded)
                {
                    EventStore.Record(connection, now, "artifact", null, by.Name, new { sha256 = Convert.ToHexStringLower(sha256), bytes });
                }

                if (_database.IsShared)
                {
                    ReleaseStore.Share(connection, sha256, File.ReadAllBytes(FileOf(sha256)));
                }

                return isAdded;
            });
            return (sha256, bytes, isNew, null);
        }
        finally
        {
            File.Delete(part);
        }
    }

    /// <summary>The bytes of a bundle, from memory shared by all who want it; null where its file is gone or is not what it was.</summary>
    public byte[]? Read(byte[] sha256)
    {
        string name = Convert.ToHexStringLower(sha256);
        if (_inMemory.TryGetValue(name, out byte[]? bytes))
        {
            return bytes;
        }

        string path = FileOf(sha256);
        if (!File.Exists(path) && _database.IsShared)
        {
            Fetch(sha256);
        }

        if (!File.Exists(path) || new FileInfo(path).Length > UpdateLimits.BundleBytes)
        {
            return null;
        }

        bytes = File.ReadAllBytes(path);
        if (!SHA256.HashData(bytes).AsSpan().SequenceEqual(sha256))
        {
            return null;
        }

        // Few rollouts run at once: which one goes when there are more makes no difference worth a list.
        if (_inMemory.Count >= _mostInMemory && _inMemory.Keys.FirstOrDefault() is { } other)
        {
            _inMemory.TryRemove(other, out _);
        }

        _inMemory[name] = bytes;
        return bytes;
    }

    /// <summary>Where a bundle lies.</summary>
    public string FileOf(byte[] sha256) => _folder.FileOf($"{Folder}/{Convert.ToHexStringLower(sha256)}");

    // What a fleet brings along from SQLite, or somebody put back from a backup, becomes everybody's.
    private void Share()
    {
        string[] names;
        using (DbConnection connection = _database.OpenReader())
        {
            names = [.. ReleaseStore.Unshared(connection).Select(Convert.ToHexStringLower)];
        }

        foreach (string name in names.Where(name => _folder.Has($"{Folder}/{name}")))
        {
            byte[] bytes = File.ReadAllBytes(_folder.FileOf($"{Folder}/{name}"));
            byte[] sha256 = SHA256.HashData(bytes);
            if (Convert.ToHexStringLower(sha256) == name)
            {
                _writer.RunAsync(connection => ReleaseStore.Share(connection, sha256, bytes)).GetAwaiter().GetResult();
            }
        }
    }

    // Another instance took the upload.
    private void Fetch(byte[] sha256)
    {
        using DbConnection connection = _database.OpenReader();
        if (ReleaseStore.Shared(connection, sha256) is { } bytes)
        {
            string part = _folder.FileOf($"{Folder}/{Guid.NewGuid():N}{PartEnding}");
            _folder.WritePrivate(Path.GetRelativePath(_folder.Path, part), bytes);
            File.Move(part, FileOf(sha256), overwrite: true);
        }
    }

    private static async Task<(byte[] Sha256, long Bytes)> ReceiveAsync(Stream content, string part, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using var file = new FileStream(part, options);
            long bytes = 0;
            for (int read; bytes <= UpdateLimits.BundleBytes && (read = await content.ReadAsync(buffer.AsMemory(0, BufferBytes), cancellationToken)) > 0; bytes += read)
            {
                hash.AppendData(buffer.AsSpan(0, read));
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            file.Flush(flushToDisk: true);
            return (hash.GetHashAndReset(), bytes);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
