using System.Security.Cryptography;
using DePin.Contracts.Identity;

namespace DePin.Fleet.Nodes;

/// <summary>One node the backend knows, kept in memory for as long as it runs. Who may log in and whose signature counts.</summary>
public sealed class RegisteredNode
{
    /// <summary>Key of the node's row.</summary>
    public required long RowId { get; init; }

    /// <summary>The node's name, a hash of its public key.</summary>
    public required NodeId Id { get; init; }

    /// <summary><see cref="Id"/> as 16 characters, as in topics.</summary>
    public required string IdText { get; init; }

    /// <summary>Compressed P-256 public key, 33 bytes.</summary>
    public required byte[] PublicKey { get; init; }

    /// <summary>SHA-256 of the login password's 64 ASCII digits.</summary>
    public required byte[] PasswordHash { get; init; }

    /// <summary>Key under which messages to the node are sealed, 32 bytes; in the database it is encrypted.</summary>
    public required byte[] DownKey { get; init; }

    /// <summary>Number of the hardware profile.</summary>
    public required int Profile { get; init; }

    /// <summary>Whether credit of it waits for somebody's decision, as the node hears with its receipts; a minute old at most.</summary>
    public bool IsCreditHeld { get; set; }

    /// <summary>Whether a login password is this node's; compared in constant time.</summary>
    public bool IsPassword(ReadOnlySpan<byte> password)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(password, hash);
        return CryptographicOperations.FixedTimeEquals(hash, PasswordHash);
    }
}
