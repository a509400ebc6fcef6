using System.Security.Cryptography;
using DePin.Contracts.Signing;

namespace DePin.Tools.Release;

/// <summary>
/// A key that signs releases, or a root key that signs who does: P-256, in a file of encrypted PKCS#8 that only its owner reads. Its public half
/// is one line of 66 hex digits, as nodes and settings take it.
/// </summary>
internal sealed class ReleaseKey : IDisposable
{
    // What a guess costs: 0.2 s on the machine this was written on.
    private const int Iterations = 600_000;

    private readonly ECDsa _key;

    private ReleaseKey(ECDsa key)
    {
        _key = key;
        PublicKey = Compressed(key);
    }

    /// <summary>Compressed, 33 bytes.</summary>
    public byte[] PublicKey { get; }

    /// <summary>First 8 bytes of SHA-256 of that.</summary>
    public byte[] KeyId => IdOf(PublicKey);

    /// <summary>The id of a public key.</summary>
    public static byte[] IdOf(byte[] publicKey) => SHA256.HashData(publicKey)[..CountersignedMessage.KeyIdSize];

    /// <summary>A new key.</summary>
    public static ReleaseKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Opens a key file.</summary>
    /// <exception cref="CommandException">There is none, or the passphrase does not open it.</exception>
    public static ReleaseKey Load(string path, string passphrase)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromEncryptedPem(File.ReadAllText(path), passphrase);
            return key.KeySize == 256 ? new ReleaseKey(key) : throw new CryptographicException("it is not on the curve P-256");
        }
        catch (Exception problem) when (problem is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            key.Dispose();
            throw CommandException.WrongInput($"The key {path} cannot be opened ({problem.Message.Split('\n')[0].TrimEnd('.')}); is it the right passphrase? Nothing was signed.");
        }
    }

    /// <summary>Writes it; a file that is there stays as it is.</summary>
    /// <exception cref="CommandException">The file is there already, or cannot be written.</exception>
    public void Save(string path, string passphrase)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            using var file = new FileStream(path, options);
            using var text = new StreamWriter(file);
            text.WriteLine(_key.ExportEncryptedPkcs8PrivateKeyPem(passphrase, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, Iterations)));
            text.Flush();
            file.Flush(flushToDisk: true);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw CommandException.WrongInput($"The key was not written to {path} ({problem.Message.TrimEnd('.')}); no key is ever overwritten.");
        }
    }

    /// <summary>Signs the payload of a message that several keys sign.</summary>
    public byte[] Sign(string context, byte[] payload)
    {
        byte[] signature = _key.SignData(CountersignedMessage.ToBeSigned(context, payload, 0, payload.Length), HashAlgorithmName.SHA256);
        SignatureForm.MakeLow(signature);
        return signature;
    }

    /// <inheritdoc />
    public void Dispose() => _key.Dispose();

    private static byte[] Compressed(ECDsa key)
    {
        ECPoint point = key.ExportParameters(includePrivateParameters: false).Q;
        return [(byte)(2 | (point.Y![^1] & 1)), .. point.X!];
    }
}
