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

    private const int NonceSize = 12;
    private const int TagSize = 16;

    private readonly AesGcm _cipher;

    private DownKeyVault(byte[] key) => _cipher = new AesGcm(key, TagSize);

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

    /// <summary>Nonce, ciphertext and tag of a node's down key.</summary>
    public byte[] Encrypt(NodeId node, byte[] downKey)
    {
        byte[] sealedKey = new byte[NonceSize + downKey.Length + TagSize];
        Span<byte> nonce = sealedKey.AsSpan(0, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        lock (_cipher)
        {
            _cipher.Encrypt(nonce, downKey, sealedKey.AsSpan(NonceSize, downKey.Length), sealedKey.AsSpan(^TagSize), node.ToBytes());
        }

        return sealedKey;
    }

    /// <summary>The down key of a node.</summary>
    /// <exception cref="StartRefusedException">It was encrypted under another master key, or its row was changed.</exception>
    public byte[] Decrypt(NodeId node, byte[] sealedKey)
    {
        byte[] downKey = new byte[sealedKey.Length - NonceSize - TagSize];
        try
        {
            lock (_cipher)
            {
                _cipher.Decrypt(
                    sealedKey.AsSpan(0, NonceSize), sealedKey.AsSpan(NonceSize, downKey.Length), sealedKey.AsSpan(^TagSize), downKey, node.ToBytes());
            }
        }
        catch (AuthenticationTagMismatchException problem)
        {
            throw new StartRefusedException($"The down key of node {node} does not open under {FileName}: it is another master key, or the row was changed. Nothing was changed.", problem);
        }

        return downKey;
    }

    /// <inheritdoc />
    public void Dispose() => _cipher.Dispose();
}
