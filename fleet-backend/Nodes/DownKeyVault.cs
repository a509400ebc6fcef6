using System.Security.Cryptography;
using DePin.Contracts.Identity;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Nodes;

/// <summary>
/// Encrypts down keys for the database, so that a stolen copy of it can forge no receipt: AES-256-GCM under DATA/keys/master.key, with
/// the node's id as associated data, so that a row cannot lend its key to another.
/// </summary>
public sealed class DownKeyVault : IDisposable
{
    /// <summary>Where the master key lies in the data folder.</summary>
    internal const string FileName = "keys/master.key";

    private readonly AesGcm _cipher;

    private DownKeyVault(byte[] key) => _cipher = new AesGcm(key, SealedBytes.TagSize);

    /// <summary>Opens the vault, or makes its key where no node is encrypted under one yet.</summary>
    /// <exception cref="StartRefusedException">The key is missing or damaged, and nodes need it.</exception>
    public static DownKeyVault Open(DataFolder folder, bool hasNodes)
    {
        if (!folder.Has(FileName))
        {
            if (hasNodes)
            {
                throw new StartRefusedException(
                    $"The master key {folder.FileOf(FileName)} is missing, and the nodes in the database are encrypted under it; put it back from your backup. Nothing was changed.");
            }

            folder.WritePrivate(FileName, RandomNumberGenerator.GetBytes(NodeSecret.Size));
        }

        byte[] key = folder.Read(FileName);
        return key.Length == NodeSecret.Size
            ? new DownKeyVault(key)
            : throw new StartRefusedException($"The master key {folder.FileOf(FileName)} has {key.Length} bytes instead of {NodeSecret.Size}; put it back from your backup. Nothing was changed.");
    }

    /// <summary>A node's down key, sealed.</summary>
    public byte[] Encrypt(NodeId node, byte[] downKey)
    {
        lock (_cipher)
        {
            return SealedBytes.Seal(_cipher, downKey, node.ToBytes());
        }
    }

    /// <summary>The down key of a node.</summary>
    /// <exception cref="StartRefusedException">It was encrypted under another master key, or its row was changed.</exception>
    public byte[] Decrypt(NodeId node, byte[] sealedKey)
    {
        try
        {
            lock (_cipher)
            {
                return SealedBytes.Open(_cipher, sealedKey, node.ToBytes());
            }
        }
        catch (AuthenticationTagMismatchException problem)
        {
            throw new StartRefusedException($"The down key of node {node} does not open under {FileName}: it is another master key, or the row was changed. Nothing was changed.", problem);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _cipher.Dispose();
}
