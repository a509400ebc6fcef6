using System.Security.Cryptography;
using Hash = DePin.Node.Signing.Sha256;

namespace DePin.Tests.Node.Signing;

public sealed class Sha256Tests
{
    [Fact]
    public void Every_length_up_to_five_blocks_hashes_as_on_the_platform()
    {
        byte[] data = new byte[321];
        new Random(1).NextBytes(data);
        for (int length = 0; length <= 320; length++)
        {
            Assert.Equal(SHA256.HashData(data.AsSpan(1, length)), Hash.Hash(data, 1, length));
        }
    }

    [Fact]
    public void Pieces_of_any_size_make_the_same_hash_and_an_object_can_be_used_again()
    {
        var random = new Random(2);
        byte[] data = new byte[5000];
        random.NextBytes(data);
        var hash = new Hash();
        for (int i = 0; i < 200; i++)
        {
            hash.Start();
            for (int at = 0; at < data.Length;)
            {
                int part = Math.Min(random.Next(0, 200), data.Length - at);
                hash.Update(data, at, part);
                at += part;
            }

            Assert.Equal(SHA256.HashData(data), hash.Finish());
        }
    }
}
