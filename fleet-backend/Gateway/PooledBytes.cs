using System.Buffers;

namespace DePin.Fleet.Gateway;

/// <summary>Bytes that wait to be sent, in an array of the shared pool while there are any: a connection with nothing to send holds none.</summary>
internal sealed class PooledBytes
{
    private const int LeastBytes = 256;

    private byte[] _bytes = [];

    /// <summary>Bytes that wait.</summary>
    public int Count { get; private set; }

    /// <summary>Them.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Count);

    /// <summary>Adds some.</summary>
    public void Write(ReadOnlySpan<byte> more)
    {
        if (Count + more.Length > _bytes.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(LeastBytes, Count + more.Length));
            Written.CopyTo(larger);
            GiveBack();
            _bytes = larger;
        }

        more.CopyTo(_bytes.AsSpan(Count));
        Count += more.Length;
    }

    /// <summary>Forgets them, and gives the array back.</summary>
    public void Clear()
    {
        GiveBack();
        (_bytes, Count) = ([], 0);
    }

    private void GiveBack()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }
    }
}
