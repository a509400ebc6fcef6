namespace DePin.Tools.Fuzz;

/// <summary>Makes hostile inputs from good ones: flips, cuts, splices, grown lengths, and plain noise. The same seed gives the same inputs.</summary>
public sealed class Mutator(IReadOnlyList<byte[]> seeds, int seed, int maxBytes)
{
    private readonly Random _random = new(seed);

    /// <summary>The next input, at most the given size.</summary>
    public byte[] Next()
    {
        if (_random.Next(20) == 0)
        {
            byte[] noise = new byte[_random.Next(200)];
            _random.NextBytes(noise);
            return noise;
        }

        byte[] input = [.. seeds[_random.Next(seeds.Count)]];
        int changes = 1 + _random.Next(4);
        for (int i = 0; i < changes && input.Length > 0; i++)
        {
            input = Change(input);
        }

        return input.Length <= maxBytes ? input : input[..maxBytes];
    }

    private byte[] Change(byte[] input)
    {
        int at = _random.Next(input.Length);
        switch (_random.Next(7))
        {
            case 0:
                input[at] ^= (byte)(1 << _random.Next(8));
                return input;
            case 1:
                input[at] = (byte)_random.Next(256);
                return input;
            case 2:
                return input[..at];
            case 3:
                return [.. input[..at], .. input[_random.Next(at, input.Length)..]];
            case 4:
                byte[] other = seeds[_random.Next(seeds.Count)];
                return [.. input[..at], .. other[_random.Next(other.Length)..]];
            case 5:
                // Heads that promise much: the longest lengths of CBOR and of MQTT.
                byte[] head = _random.Next(2) == 0 ? [(byte)(_random.Next(8) << 5 | 27), 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF] : [0xFF, 0xFF, 0xFF, 0x7F];
                return [.. input[..at], .. head, .. input[at..]];
            default:
                return [.. input[..at], .. Enumerable.Repeat((byte)_random.Next(256), _random.Next(1, 40)), .. input[at..]];
        }
    }
}
