using System.Buffers.Binary;
using DePin.Node.Uplink;

namespace DePin.Tools.Storm;

/// <summary>Random numbers of a node in a storm: from a seed; or, for comparison, those that make each wait as long as it may be: plain doubling without jitter.</summary>
internal sealed class StormEntropy(int seed, bool hasJitter) : IEntropy
{
    private const int WaitBytes = 4;

    private readonly Random _random = new(seed);

    /// <summary>The waits that it is asked for.</summary>
    public Backoff? Waits { get; set; }

    /// <inheritdoc />
    public void Fill(byte[] bytes)
    {
        if (hasJitter || bytes.Length != WaitBytes)
        {
            _random.NextBytes(bytes);
            return;
        }

        BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)Waits!.LongestMilliseconds);
    }
}
