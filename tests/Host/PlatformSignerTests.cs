using System.Numerics;
using System.Security.Cryptography;
using DePin.Contracts.Signing;
using DePin.Host.Platform;
using DePin.Tests.Support;

namespace DePin.Tests.Host;

/// <summary>The platform's signer speaks the node's port.</summary>
public sealed class PlatformSignerTests
{
    [Fact]
    public void Every_signature_has_the_low_form_and_verifies_under_the_compressed_key()
    {
        using PlatformSigner signer = PlatformSigner.Create();
        Assert.Equal(33, signer.PublicKey.Length);
        for (byte i = 0; i < 40; i++)
        {
            byte[] message = [i, 1, 2, 3];
            signer.Start(message);
            Assert.True(signer.Step());
            byte[] signature = signer.Signature();
            Assert.True(SignatureForm.IsAcceptable(signature, 0));
            Assert.True(VerifierOf(signer).VerifyData(message, signature, HashAlgorithmName.SHA256));
        }
    }

    [Fact]
    public void A_key_comes_back_from_its_file_and_the_file_is_its_owners_alone()
    {
        using var folder = new TemporaryFolder();
        using PlatformSigner made = PlatformSigner.Create();
        made.Save(folder.File("key.p8"));
        using PlatformSigner loaded = PlatformSigner.Load(folder.File("key.p8"));
        Assert.Equal(made.PublicKey, loaded.PublicKey);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.File("key.p8")));
        }
    }

    [Fact]
    public void A_seed_gives_the_same_key_in_every_run()
    {
        using PlatformSigner one = PlatformSigner.FromSeed([1]);
        using PlatformSigner same = PlatformSigner.FromSeed([1]);
        using PlatformSigner other = PlatformSigner.FromSeed([2]);
        Assert.Equal(one.PublicKey, same.PublicKey);
        Assert.NotEqual(one.PublicKey, other.PublicKey);
    }

    [Fact]
    public void A_file_that_holds_no_key_is_refused_with_its_name()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("key.p8"), "no key");
        var problem = Assert.Throws<InvalidDataException>(() => PlatformSigner.Load(folder.File("key.p8")));
        Assert.Contains("key.p8", problem.Message, StringComparison.Ordinal);
    }

    // The platform reads no compressed points: y is a square root of x^3 - 3x + b, and p is 3 modulo 4.
    private static ECDsa VerifierOf(PlatformSigner signer)
    {
        BigInteger p = Number("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
        BigInteger b = Number("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");
        var x = new BigInteger(signer.PublicKey.AsSpan(1), isUnsigned: true, isBigEndian: true);
        BigInteger y = BigInteger.ModPow(((((x * x) - 3) * x) + b) % p, (p + 1) / 4, p);
        y = y.IsEven == (signer.PublicKey[0] == 2) ? y : p - y;
        byte[] bytes = new byte[32];
        byte[] unpadded = y.ToByteArray(isUnsigned: true, isBigEndian: true);
        unpadded.CopyTo(bytes, bytes.Length - unpadded.Length);
        return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = signer.PublicKey[1..], Y = bytes } });
    }

    private static BigInteger Number(string hex) => new(Convert.FromHexString(hex), isUnsigned: true, isBigEndian: true);
}
