using System.Security.Cryptography;
using DePin.Contracts.Signing;
using DePin.Node.Signing;

namespace DePin.Host.Platform;

/// <summary>Signs with the platform's P-256, in one step; the key lies in a PKCS#8 file that only its owner may read.</summary>
public sealed class PlatformSigner : ISigner, IDisposable
{
    private readonly ECDsa _key;
    private byte[] _toBeSigned = [];
    private byte[]? _signature;

    private PlatformSigner(ECDsa key)
    {
        _key = key;
        ECPoint point = key.ExportParameters(includePrivateParameters: false).Q;
        PublicKey = [(byte)(2 | (point.Y![^1] & 1)), .. point.X!];
    }

    /// <inheritdoc />
    public byte[] PublicKey { get; }

    /// <summary>A new key from the platform's randomness.</summary>
    public static PlatformSigner Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>The key that follows from a seed, for fleets that must be the same in every run; no key for real hardware.</summary>
    public static PlatformSigner FromSeed(byte[] seed)
    {
        byte[] scalar = SHA256.HashData(seed);
        while (!IsScalar(scalar))
        {
            scalar = SHA256.HashData(scalar);
        }

        return new PlatformSigner(ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = scalar }));
    }

    /// <summary>A key that was made elsewhere: 32 bytes, between 1 and n - 1.</summary>
    public static PlatformSigner FromPrivateKey(byte[] privateKey) => new(ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = privateKey }));

    /// <summary>The key in a PKCS#8 file.</summary>
    /// <exception cref="InvalidDataException">The file cannot be read or holds no P-256 key.</exception>
    public static PlatformSigner Load(string path)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportPkcs8PrivateKey(File.ReadAllBytes(path), out _);
            return key.KeySize == 256 ? new PlatformSigner(key) : throw new CryptographicException("it is not on the curve P-256");
        }
        catch (Exception problem) when (problem is CryptographicException or IOException or UnauthorizedAccessException)
        {
            key.Dispose();
            throw new InvalidDataException($"The key file {path} holds no P-256 key: {problem.Message}", problem);
        }
    }

    /// <summary>Writes the key as PKCS#8; the file must not be there yet.</summary>
    public void Save(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, options);
        file.Write(_key.ExportPkcs8PrivateKey());
        file.Flush(flushToDisk: true);
    }

    /// <summary>The private key, 32 bytes, for a signer that works as the device does.</summary>
    public byte[] PrivateKey() => _key.ExportParameters(includePrivateParameters: true).D!;

    /// <inheritdoc />
    public void Start(byte[] toBeSigned)
    {
        _toBeSigned = toBeSigned;
        _signature = null;
    }

    /// <inheritdoc />
    public bool Step()
    {
        if (_signature is null)
        {
            _signature = _key.SignData(_toBeSigned, HashAlgorithmName.SHA256);
            SignatureForm.MakeLow(_signature);
        }

        return true;
    }

    /// <inheritdoc />
    public byte[] Signature() => _signature ?? throw new InvalidOperationException("The signature is not ready: step until it is.");

    /// <inheritdoc />
    public void Dispose() => _key.Dispose();

    // 1 to n - 1.
    private static bool IsScalar(byte[] scalar) =>
        scalar.AsSpan().IndexOfAnyExcept((byte)0) >= 0 && scalar.AsSpan().SequenceCompareTo(SignatureForm.Order()) < 0;
}
