using System.Numerics;
using System.Security.Cryptography;
using DePin.Contracts.Signing;
using DePin.Node.Signing;

namespace DePin.Tests.Node.Signing;

public sealed class EcdsaVerificationTests(ITestOutputHelper output)
{
    private static readonly BigInteger Order = new(SignatureForm.Order(), isUnsigned: true, isBigEndian: true);
    private readonly byte[] _key = Signatures.Scalar(new Random(21));
    private readonly byte[] _hash = SHA256.HashData([1, 2, 3]);

    private byte[] PublicKey => Signatures.PlatformPublicKey(_key);

    [Fact]
    public void The_platforms_signatures_are_right_and_one_changed_bit_makes_them_wrong()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int i = 0; i < 200; i++)
        {
            byte[] key = Signatures.Scalar(random);
            byte[] hash = new byte[32];
            random.NextBytes(hash);
            using ECDsa platform = Signatures.PlatformKey(key);
            byte[] signature = platform.SignHash(hash);
            SignatureForm.MakeLow(signature);
            byte[] publicKey = Signatures.PlatformPublicKey(key);
            Assert.True(Signatures.IsValid(publicKey, hash, signature), $"seed {seed}, signature {i}");

            byte[][] parts = [[.. publicKey], [.. hash], [.. signature]];
            byte[] part = parts[random.Next(3)];
            part[random.Next(part.Length)] ^= (byte)(1 << random.Next(8));
            Assert.False(Signatures.IsValid(parts[0], parts[1], parts[2]), $"seed {seed}, signature {i} with a changed bit");
        }
    }

    [Fact]
    public void Hashes_at_the_edges_are_verified()
    {
        using ECDsa platform = Signatures.PlatformKey(_key);
        foreach (byte[] hash in new[] { new byte[32], SignatureForm.Order(), Bytes(Order - 1), Bytes(Order + 1), [.. Enumerable.Repeat((byte)0xFF, 32)] })
        {
            byte[] signature = platform.SignHash(hash);
            SignatureForm.MakeLow(signature);
            Assert.True(Signatures.IsValid(PublicKey, hash, signature));
        }
    }

    // With the key d = 2, 4, 1 ... the multiples of Q meet the points of the comb and each other on the way.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(16)]
    [InlineData(31)]
    public void Keys_whose_points_meet_the_generators_on_the_way_are_verified(int key)
    {
        byte[] scalar = Bytes(key);
        using ECDsa platform = Signatures.PlatformKey(scalar);
        for (int i = 0; i < 20; i++)
        {
            byte[] hash = Bytes(i);
            byte[] signature = Signatures.Sign(scalar, hash);
            SignatureForm.MakeLow(signature);
            Assert.True(platform.VerifyHash(hash, signature));
            Assert.True(Signatures.IsValid(Signatures.PlatformPublicKey(scalar), hash, signature));
        }
    }

    // r = u2 and s = 1 over the hash 0 or -u2 d: the sum passes through equal, opposite and infinite points.
    [Fact]
    public void Sums_that_pass_through_equal_opposite_and_infinite_points_are_judged_as_by_the_platform()
    {
        for (int key = 1; key <= 8; key++)
        {
            byte[] scalar = Bytes(key);
            using ECDsa platform = Signatures.PlatformKey(scalar);
            for (int r = 1; r <= 8; r++)
            {
                foreach (BigInteger hash in new BigInteger[] { 0, r * key, Order - (r * key), Order - 1, 1 })
                {
                    byte[] signature = [.. Bytes(r), .. Bytes(1)];
                    Assert.Equal(platform.VerifyHash(Bytes(hash), signature), Signatures.IsValid(Signatures.PlatformPublicKey(scalar), Bytes(hash), signature));
                }
            }
        }
    }

    [Fact]
    public void A_zero_the_order_and_a_high_s_are_refused()
    {
        using ECDsa platform = Signatures.PlatformKey(_key);
        byte[] signature = platform.SignHash(_hash);
        SignatureForm.MakeLow(signature);
        byte[] r = signature[..32];
        byte[] s = signature[32..];
        Assert.True(Signatures.IsValid(PublicKey, _hash, signature));
        Assert.False(Signatures.IsValid(PublicKey, _hash, [.. new byte[32], .. s]));
        Assert.False(Signatures.IsValid(PublicKey, _hash, [.. r, .. new byte[32]]));
        Assert.False(Signatures.IsValid(PublicKey, _hash, [.. SignatureForm.Order(), .. s]));
        Assert.False(Signatures.IsValid(PublicKey, _hash, [.. r, .. SignatureForm.Order()]));
        byte[] high = [.. r, .. Bytes(Order - new BigInteger(s, isUnsigned: true, isBigEndian: true))];
        Assert.True(platform.VerifyHash(_hash, high));
        Assert.False(Signatures.IsValid(PublicKey, _hash, high));
    }

    [Fact]
    public void A_signature_a_hash_or_a_key_of_another_length_is_refused()
    {
        using ECDsa platform = Signatures.PlatformKey(_key);
        byte[] signature = platform.SignHash(_hash);
        SignatureForm.MakeLow(signature);
        Assert.False(Signatures.IsValid(PublicKey, _hash, signature[..63]));
        Assert.False(Signatures.IsValid(PublicKey, _hash, [.. signature, 0]));
        Assert.False(Signatures.IsValid(PublicKey, _hash, []));
        Assert.False(Signatures.IsValid(PublicKey, _hash[..31], signature));
        Assert.False(Signatures.IsValid(PublicKey[..32], _hash, signature));
    }

    [Fact]
    public void A_key_that_is_no_point_of_the_curve_is_refused()
    {
        using ECDsa platform = Signatures.PlatformKey(_key);
        byte[] signature = platform.SignHash(_hash);
        SignatureForm.MakeLow(signature);
        int refused = 0;
        for (int x = 0; x < 40; x++)
        {
            byte[] key = [2, .. Bytes(x)];
            bool isPoint = IsPoint(x);
            var verification = new EcdsaVerification(key);
            verification.Start(_hash, signature);
            int steps = 1;
            while (!verification.Step())
            {
                steps++;
            }

            Assert.False(verification.IsValid);
            Assert.True(isPoint ? steps > 100 : steps < 20, $"x = {x} took {steps} steps");
            refused += isPoint ? 0 : 1;
        }

        Assert.InRange(refused, 10, 30);
        Assert.False(Signatures.IsValid([4, .. PublicKey[1..]], _hash, signature));

        // The prime itself stands for x = 0 a second time.
        Assert.False(Signatures.IsValid([2, .. Bytes(Prime)], _hash, signature));
    }

    private static BigInteger Prime { get; } = BigInteger.Pow(2, 256) - BigInteger.Pow(2, 224) + BigInteger.Pow(2, 192) + BigInteger.Pow(2, 96) - 1;

    private static bool IsPoint(BigInteger x)
    {
        var b = BigInteger.Parse("05AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B", System.Globalization.NumberStyles.HexNumber);
        BigInteger square = ((x * x * x) - (3 * x) + b) % Prime;
        return BigInteger.ModPow((square + Prime) % Prime, (Prime - 1) / 2, Prime) <= 1;
    }

    private static byte[] Bytes(BigInteger number)
    {
        byte[] bytes = new byte[32];
        byte[] digits = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        digits.CopyTo(bytes, 32 - digits.Length);
        return bytes;
    }
}
