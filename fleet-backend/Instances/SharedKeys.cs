using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using DePin.Fleet.Nodes;
using DePin.Fleet.Proof;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace DePin.Fleet.Instances;

/// <summary>The key files that all instances over one database must have alike.</summary>
internal static class SharedKeys
{
    // The last is the gateway's, which is an edge.
    private static readonly string[] Files = [DownKeyVault.FileName, ProofLog.KeyFile, "keys/ca.key"];

    /// <summary>Compares this folder's keys with those of the first instance, which are noted.</summary>
    /// <exception cref="StartRefusedException">One is another.</exception>
    public static void Require(DataFolder folder, Database database, StoreWriter writer)
    {
        if (!database.IsShared)
        {
            return;
        }

        (string Name, byte[] Hash)[] keys = [.. Files.Select(name => (name, SHA256.HashData(folder.Read(name))))];
        string[] others = writer.RunAsync(connection =>
            keys.Where(key => !SharedKeyStore.Note(connection, key.Name, key.Hash).AsSpan().SequenceEqual(key.Hash)).Select(key => key.Name).ToArray()).GetAwaiter().GetResult();
        if (others.Length > 0)
        {
            throw new StartRefusedException(
                $"The database {database.Description} belongs to instances with other keys than {string.Join(", ", others)} in {folder.Path}. Copy the folder 'keys' and ca.pem of an instance that runs into this one, and start again. Nothing was changed.");
        }
    }
}

/// <summary>
/// The keys of sessions and forms in the database, so that a cookie of one instance is good at all; encrypted under the master key, since whoever has a
/// copy of the database must not be able to make cookies.
/// </summary>
internal sealed class SharedSessionKeys(DataFolder folder, Database database, StoreWriter writer) : IXmlRepository
{
    /// <summary>Where they lie with SQLite.</summary>
    public const string FilesFolder = "keys/sessions";

    private static readonly byte[] Purpose = Encoding.ASCII.GetBytes("session keys");

    /// <inheritdoc />
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        AdoptFiles();
        using DbConnection connection = database.OpenReader();

        // Read as bytes: those of a file begin with the mark of their encoding.
        return [.. SharedKeyStore.SessionKeys(connection).Select(content => XElement.Load(new MemoryStream(Open(content))))];
    }

    /// <inheritdoc />
    public void StoreElement(XElement element, string friendlyName)
    {
        byte[] content = Seal(Encoding.UTF8.GetBytes(element.ToString(SaveOptions.DisableFormatting)));
        Write(connection => SharedKeyStore.AddSessionKey(connection, content));
    }

    // A fleet that comes from SQLite brings its keys along: what was encrypted under them stays good.
    private void AdoptFiles()
    {
        byte[][] files = [.. Directory.GetFiles(folder.FileOf(FilesFolder), "*.xml").Select(File.ReadAllBytes)];
        if (files.Length == 0)
        {
            return;
        }

        Write(connection =>
        {
            if (SharedKeyStore.SessionKeys(connection).Count == 0)
            {
                Array.ForEach(files, file => SharedKeyStore.AddSessionKey(connection, Seal(file)));
            }
        });
    }

    // Whoever's request happened to need a key has nothing to do with it.
    private void Write(Action<DbConnection> work)
    {
        IWriteAlong? along = StoreWriter.Along.Value;
        StoreWriter.Along.Value = null;
        try
        {
            writer.RunAsync(work).GetAwaiter().GetResult();
        }
        finally
        {
            StoreWriter.Along.Value = along;
        }
    }

    private byte[] Seal(byte[] plain)
    {
        using AesGcm cipher = Cipher();
        return SealedBytes.Seal(cipher, plain, Purpose);
    }

    private byte[] Open(byte[] content)
    {
        using AesGcm cipher = Cipher();
        return SealedBytes.Open(cipher, content, Purpose);
    }

    private AesGcm Cipher() => new(HKDF.DeriveKey(HashAlgorithmName.SHA256, folder.Read(DownKeyVault.FileName), 32, info: Purpose), SealedBytes.TagSize);
}
