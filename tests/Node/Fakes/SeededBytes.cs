using DePin.Node.Uplink;

namespace DePin.Tests.Node.Fakes;

/// <summary>Random bytes that are the same in every run.</summary>
internal sealed class SeededBytes(int seed) : IEntropy
{
    private readonly Random _random = new(seed);

    public void Fill(byte[] bytes) => _random.NextBytes(bytes);
}
