using System.Security.Cryptography;
using DePin.Contracts.Identity;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;

namespace DePin.Tests.Ingest;

/// <summary>Claims of signatures as ingest has them: of few nodes or many, alone or together. Side by side or not, the answers are the same.</summary>
public sealed class SignatureChecksTests : IDisposable
{
    private readonly List<Signer> _signers = [.. Enumerable.Range(1, 20).Select(row => new Signer(row))];

    public void Dispose() => _signers.ForEach(signer => signer.Dispose());

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Each_claim_gets_its_own_answer_however_many_come_together_and_however_often(bool sideBySide)
    {
        using var checks = new SignatureChecks(keyCapacity: 100, sideBySide);
        var random = new Random(3);
        for (int round = 0; round < 40; round++)
        {
            bool[] expected = [.. Enumerable.Range(0, random.Next(33)).Select(_ => random.Next(4) > 0)];
            SignatureChecks.Claim[] claims = [.. expected.Select(isRight => _signers[random.Next(_signers.Count)].Claim(isRight))];
            Assert.Equal(expected, checks.AreRight(claims));
        }
    }

    [Fact]
    public void Nodes_that_were_forgotten_are_known_again()
    {
        using var checks = new SignatureChecks(keyCapacity: 8, sideBySide: true);
        for (int round = 0; round < 6; round++)
        {
            foreach (Signer[] some in _signers.Chunk(4))
            {
                Assert.Equal([true, false, true, true], checks.AreRight([.. some.Select((signer, i) => signer.Claim(i != 1))]));
                Assert.Equal([true, true, true, false], checks.AreRight([.. some.Select((signer, i) => signer.Claim(i != 3))]));
            }
        }
    }

    [Fact]
    public void A_key_gets_its_table_when_its_node_is_heard_of_again()
    {
        using var keys = new VerifyingKeys(capacity: 100);
        RegisteredNode[] nodes = [.. _signers.Select(signer => signer.Node)];
        Assert.All(keys.TablesOf(nodes[..10]), Assert.Null);
        Assert.All(keys.TablesOf(nodes)[..10], Assert.NotNull);
        Assert.Same(keys.TablesOf(nodes)[0], keys.TablesOf([nodes[0], nodes[0]])[1]);
    }

    [Fact]
    public void More_nodes_at_once_than_keys_are_kept_are_checked_all_the_same()
    {
        using var checks = new SignatureChecks(keyCapacity: 5, sideBySide: true);
        for (int round = 0; round < 3; round++)
        {
            Assert.All(checks.AreRight([.. _signers.Select(signer => signer.Claim(true))]), Assert.True);
            Assert.All(checks.AreRight([.. _signers.Select(signer => signer.Claim(false))]), Assert.False);
        }
    }

    private sealed class Signer : IDisposable
    {
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public Signer(long row)
        {
            byte[] publicKey = CompressedPoint.Compress(_key.ExportParameters(includePrivateParameters: false).Q);
            NodeId id = NodeId.FromKeyHash(SHA256.HashData(publicKey));
            Node = new RegisteredNode { RowId = row, Id = id, IdText = id.ToString(), PublicKey = publicKey, PasswordHash = [], DownKey = [], Profile = 1 };
        }

        public RegisteredNode Node { get; }

        public SignatureChecks.Claim Claim(bool isRight)
        {
            byte[] hash = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);
            byte[] signature = _key.SignHash(hash);
            signature[17] ^= isRight ? (byte)0 : (byte)4;
            return new SignatureChecks.Claim(Node, hash, signature);
        }

        public void Dispose() => _key.Dispose();
    }
}
