using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using DePin.Contracts.Signing;
using DePin.Host.Platform;
using DePin.Node.Signing;

namespace DePin.Tests.Node.Signing;

public sealed class EcdsaSigningTests(ITestOutputHelper output)
{
    private const string Rfc6979Key = "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721";
    private const string Rfc6979PublicX = "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6";

    // RFC 6979, A.2.5, SHA-256.
    [Theory]
    [InlineData(
        "sample",
        "A6E3C57DD01ABE90086538398355DD4C3B17AA873382B0F24D6129493D8AAD60",
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8")]
    [InlineData(
        "test",
        "D16B6AE827F17175E040871A1C7EC3500192C4C92677336EC2537ACAEE0008E0",
        "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
        "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083")]
    public void The_published_vectors_come_out_to_the_last_bit(string message, string nonce, string r, string s)
    {
        byte[] hash = SHA256.HashData(Encoding.ASCII.GetBytes(message));
        byte[] key = Convert.FromHexString(Rfc6979Key);
        Assert.Equal(nonce, Convert.ToHexString(new HmacDrbg(new PlatformDigest(), [.. key, .. hash]).Next()));
        Assert.Equal(r + s, Convert.ToHexString(Signatures.Sign(key, hash)));
    }

    [Fact]
    public void The_public_key_of_the_published_vectors_comes_out() =>
        Assert.Equal("03" + Rfc6979PublicX, Convert.ToHexString(Signatures.PublicKey(Convert.FromHexString(Rfc6979Key))));

    [Fact]
    public void A_thousand_random_signatures_are_right_for_the_platform()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int i = 0; i < 1000; i++)
        {
            byte[] key = Signatures.Scalar(random);
            byte[] hash = new byte[32];
            random.NextBytes(hash);
            using ECDsa platform = Signatures.PlatformKey(key);
            Assert.True(platform.VerifyHash(hash, Signatures.Sign(key, hash)), $"seed {seed}, signature {i}, key {Convert.ToHexString(key)}, hash {Convert.ToHexString(hash)}");
        }
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000001")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000002")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000003")]
    [InlineData("8000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632550")]
    [InlineData("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC63254F")]
    [InlineData("7FFFFFFF800000007FFFFFFFFFFFFFFFDE737D56D38BCF4279DCE5617E3192A8")]
    [InlineData("7FFFFFFF800000007FFFFFFFFFFFFFFFDE737D56D38BCF4279DCE5617E3192A9")]
    public void Keys_at_the_edges_have_the_public_key_and_the_signatures_of_the_platform(string key)
    {
        byte[] scalar = Convert.FromHexString(key);
        using ECDsa platform = Signatures.PlatformKey(scalar);
        Assert.Equal(Convert.ToHexString(Signatures.PlatformPublicKey(scalar)), Convert.ToHexString(Signatures.PublicKey(scalar)));
        foreach (byte filling in new byte[] { 0x00, 0x01, 0xFF })
        {
            byte[] hash = new byte[32];
            Array.Fill(hash, filling);
            Assert.True(platform.VerifyHash(hash, Signatures.Sign(scalar, hash)));
        }
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551")]
    [InlineData("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF")]
    [InlineData("01")]
    public void What_is_no_private_key_is_refused(string key) =>
        Assert.Throws<ArgumentException>(() => new EcdsaSigning(new PlatformDigest(), Convert.FromHexString(key)));

    [Fact]
    public void The_managed_signer_hands_out_low_signatures_over_the_hash_of_any_length()
    {
        var random = new Random(11);
        byte[] key = Signatures.Scalar(random);
        using ECDsa platform = Signatures.PlatformKey(key);
        var signer = new ManagedSigner(new PlatformDigest(), key, Signatures.PublicKey(key));
        foreach (int length in new[] { 0, 1, 55, 56, 64, 383, 384, 385, 700, 3000 })
        {
            byte[] message = new byte[length];
            random.NextBytes(message);
            signer.Start(message);
            while (!signer.Step())
            {
            }

            byte[] signature = signer.Signature();
            Assert.True(SignatureForm.IsAcceptable(signature, 0));
            Assert.True(platform.VerifyData(message, signature, HashAlgorithmName.SHA256));
        }
    }

    [Fact]
    public void A_start_drops_the_signature_under_way()
    {
        byte[] key = Signatures.Scalar(new Random(12));
        var signer = new ManagedSigner(new PlatformDigest(), key, Signatures.PublicKey(key));
        signer.Start([1]);
        for (int i = 0; i < 30; i++)
        {
            Assert.False(signer.Step());
        }

        signer.Start([2]);
        while (!signer.Step())
        {
        }

        using ECDsa platform = Signatures.PlatformKey(key);
        Assert.True(platform.VerifyData(new byte[] { 2 }, signer.Signature(), HashAlgorithmName.SHA256));
    }

    [Fact]
    public void Keys_made_from_the_same_entropy_are_the_same_and_from_other_entropy_are_not()
    {
        byte[] entropy = new byte[48];
        byte[] one = NodeKey.Create(new PlatformDigest(), entropy).PrivateKey;
        Assert.Equal(one, NodeKey.Create(new PlatformDigest(), entropy).PrivateKey);
        entropy[47] = 1;
        Assert.NotEqual(one, NodeKey.Create(new PlatformDigest(), entropy).PrivateKey);
    }

    [Fact]
    public void The_shipped_points_are_those_that_a_plain_computation_gives()
    {
        BigInteger p = BigInteger.Pow(2, 256) - BigInteger.Pow(2, 224) + BigInteger.Pow(2, 192) + BigInteger.Pow(2, 96) - 1;
        BigInteger n = new(SignatureForm.Order(), isUnsigned: true, isBigEndian: true);
        int[] table = GeneratorTable.Coordinates();
        for (int i = 0; i < GeneratorTable.Points; i++)
        {
            BigInteger scalar = BigInteger.Pow(2, 208);
            for (int tooth = 0; tooth < 4; tooth++)
            {
                scalar += ((i >> tooth) & 1) == 1 ? BigInteger.Pow(2, 52 * tooth) : -BigInteger.Pow(2, 52 * tooth);
            }

            byte[] key = new byte[32];
            byte[] bytes = (scalar % n).ToByteArray(isUnsigned: true, isBigEndian: true);
            bytes.CopyTo(key, 32 - bytes.Length);
            using ECDsa platform = Signatures.PlatformKey(key);
            ECPoint point = platform.ExportParameters(includePrivateParameters: false).Q;
            BigInteger montgomery = BigInteger.Pow(2, 261);
            Assert.Equal(new BigInteger(point.X, isUnsigned: true, isBigEndian: true) * montgomery % p, Number(table, i));
            Assert.Equal(new BigInteger(point.Y, isUnsigned: true, isBigEndian: true) * montgomery % p, Number(table, i + 144));
        }
    }

    private static BigInteger Number(int[] table, int at)
    {
        BigInteger number = 0;
        for (int limb = 8; limb >= 0; limb--)
        {
            number = (number << 29) + table[at + 16 * limb];
        }

        return number;
    }
}
